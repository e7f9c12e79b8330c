// The keys of a configuration that somebody else owns, each with the policy that it would need: the template's own with keys of the stack's,
// and for a replica's key what its Region's Secrets Manager asks of it. Pure.

import { replicaKeyStatements } from '../../lib/base/key-statements.ts'
import { CREATE_KEY } from '../../lib/base/monitoring-key.ts'
import type { DeployConfig } from '../../lib/config/deploy-config.ts'
import type { Surroundings } from './intrinsics.ts'
import { neededUses, rolesNamedIn } from './key-policy.ts'
import { type DeployTemplate, keyPolicyIn, monitoringKeyPolicyIn } from './plan.ts'
import type { ForeignKey } from './policy-checks.ts'

type KeySettings = Pick<
  DeployConfig,
  | 'keyArn'
  | 'monitoringKey'
  | 'replicas'
  | 'secretNamePrefix'
  | 'extraPrefixes'
  | 'readerAccounts'
  | 'readerOrganizationId'
>

export const hasForeignKey = ({ keyArn, monitoringKey = CREATE_KEY, replicas }: KeySettings): boolean =>
  keyArn !== undefined || monitoringKey !== CREATE_KEY || replicas.some((replica) => replica.keyArn !== undefined)

/** The same configuration with keys that the stack makes. */
export const withOwnKeys = (config: DeployConfig): DeployConfig => {
  const { keyArn: _notOurs, ...rest } = config
  return rest.monitoringKey === undefined ? rest : { ...rest, monitoringKey: CREATE_KEY }
}

/** `template`: that of the configuration with its own keys. */
export const foreignKeysOf = (
  config: KeySettings,
  template: DeployTemplate,
  around: Surroundings,
): readonly ForeignKey[] => {
  const { keyArn, monitoringKey = CREATE_KEY, replicas } = config
  const { account, region } = around
  const ownPolicy = keyPolicyIn(template, around)
  const here = { account, region }
  const ofReplica = (arn: string, where: string, at: number): ForeignKey => ({
    setting: `replicas[${at}].keyArn`,
    section: 'Replicas',
    arn,
    account,
    region: where,
    ownPolicy: {
      Statement: replicaKeyStatements({
        ...around,
        ...config,
        region: where,
        // Who stores values in the primary stores them there.
        writerRoleArns: [...new Set(neededUses(ownPolicy).flatMap(rolesNamedIn))],
        creatorRoleArns: [],
      }),
    },
  })
  return [
    ...(keyArn === undefined
      ? []
      : [{ ...here, setting: 'keyArn', section: 'An existing key', arn: keyArn, ownPolicy }]),
    ...(monitoringKey === CREATE_KEY
      ? []
      : [
          {
            ...here,
            setting: 'monitoringKey',
            section: 'Encryption',
            arn: monitoringKey,
            ownPolicy: monitoringKeyPolicyIn(template, around),
          },
        ]),
    ...replicas.flatMap((replica, at) =>
      replica.keyArn === undefined ? [] : [ofReplica(replica.keyArn, replica.region, at)],
    ),
  ]
}
