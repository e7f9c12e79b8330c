// What is named in the configuration and lies elsewhere than the stage: a key of another Region, an operator of another account. Each looks
// well formed by itself, and would stop the deployment half way, or be of no use after it. Pure.
import type { SetsConfig } from './sets-config.ts'

interface PlacedSettings {
  readonly environment?: { readonly account: string; readonly region: string }
  readonly stytch: {
    readonly projectSecretKeyArn?: string
    readonly projectRotation?: { readonly workspaceKeySecretKeyArn?: string }
  }
  readonly alarms: { readonly topicArn?: string } | { readonly noneBecause: string }
  readonly incidents: { readonly intake?: { readonly secretsKeyArn?: string } }
  readonly breakGlass: { readonly roleArn: string } | { readonly noneBecause: string }
  readonly operators: readonly string[]
  readonly sets?: SetsConfig
  readonly deployRoleArn?: string
  readonly clientDeployRoleArns?: readonly string[]
  readonly keyArn?: string
  readonly monitoringKey?: string
  readonly permissionsBoundaryArn?: string
  readonly replicas: readonly { readonly region: string; readonly keyArn?: string }[]
}

type PlaceFault = readonly [at: string, fault: string]

const regionOf = (arn: string): string => arn.split(':')[3] ?? ''
const accountOf = (arn: string): string => arn.split(':')[4] ?? ''

/** Secrets Manager, CloudWatch Logs and SNS take keys of their own Region alone. */
const keyFault = (at: string, arn: string | undefined, region: string): readonly PlaceFault[] =>
  arn === undefined || !arn.startsWith('arn:') || regionOf(arn) === region
    ? []
    : [[at, `is a key of ${regionOf(arn)}: expected one of ${region}, where it is used`]]

/** `aws` is whose managed policies AWS's own are. */
const accountFault = (at: string, arn: string | undefined, account: string): readonly PlaceFault[] =>
  arn === undefined || ['aws', account].includes(accountOf(arn))
    ? []
    : [[at, `belongs to account ${accountOf(arn)}: expected one of ${account}, the stage's own`]]

/** It reads and rotates by the secrets' own policies alone, which leave a role of another account to that account. */
const breakGlassFault = ({ breakGlass }: PlacedSettings, account: string): readonly PlaceFault[] =>
  accountFault('breakGlass.roleArn', 'roleArn' in breakGlass ? breakGlass.roleArn : undefined, account).map(
    ([at, fault]) => [at, `${fault}; make a role there that people of the other account may assume, and name that one`],
  )

const replicaFaults = ({ replicas, environment }: PlacedSettings): readonly PlaceFault[] =>
  replicas.flatMap(({ region, keyArn }, at) => [
    ...(region === environment?.region
      ? [[`replicas[${at}].region`, `is the stage's own, ${region}: expected another Region`] as const]
      : []),
    ...keyFault(`replicas[${at}].keyArn`, keyArn, region),
  ])

/** Alarms and rules publish to topics of their own Region; its policy names alarms and rules of this account (docs/deploying.md). */
const topicFaults = ({ alarms }: PlacedSettings, account: string, region: string): readonly PlaceFault[] => {
  const arn = 'topicArn' in alarms ? alarms.topicArn : undefined
  const at = 'alarms.topicArn'
  return [
    ...(arn === undefined || regionOf(arn) === region
      ? []
      : [[at, `is a topic of ${regionOf(arn)}: expected one of ${region}, where the alarms are`] as const]),
    ...accountFault(at, arn, account),
  ]
}

/** Each with its path. Without `environment`, what depends on it is seen by `m2m doctor --before-deploy` at the earliest. */
export const placeFaults = (config: PlacedSettings): readonly PlaceFault[] => {
  const { environment, stytch, incidents } = config
  const ofReplicas = replicaFaults(config)
  if (environment === undefined) return ofReplicas
  const { account, region } = environment
  const keys: Readonly<Record<string, string | undefined>> = {
    'stytch.projectSecretKeyArn': stytch.projectSecretKeyArn,
    'stytch.projectRotation.workspaceKeySecretKeyArn': stytch.projectRotation?.workspaceKeySecretKeyArn,
    'incidents.intake.secretsKeyArn': incidents.intake?.secretsKeyArn,
    keyArn: config.keyArn,
    monitoringKey: config.monitoringKey,
  }
  return [
    ...Object.entries(keys).flatMap(([at, arn]) => keyFault(at, arn, region)),
    ...ofReplicas,
    ...topicFaults(config, account, region),
    ...breakGlassFault(config, account),
    // The functions that the command line calls let in nobody of another account, and neither do the secrets.
    ...Object.entries(config.sets ?? {}).flatMap(([name, { operators }]) =>
      operators.flatMap((arn, at) => accountFault(`sets.${name}.operators[${at}]`, arn, account)),
    ),
    ...config.operators.flatMap((arn, at) => accountFault(`operators[${at}]`, arn, account)),
    ...accountFault('deployRoleArn', config.deployRoleArn, account),
    ...(config.clientDeployRoleArns ?? []).flatMap((arn, at) =>
      accountFault(`clientDeployRoleArns[${at}]`, arn, account),
    ),
    ...accountFault('permissionsBoundaryArn', config.permissionsBoundaryArn, account),
  ]
}
