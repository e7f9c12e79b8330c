// What a role needs to encrypt in a replica's Region what it stores here: one statement a key, for whoever makes replicas or stores values.
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { ReplicaConfig } from '../config/account-config.ts'
import type { StageNames } from '../config/stage-names.ts'
import { replicaKeyUse } from './key-statements.ts'
import type { M2mFunction } from './m2m-function.ts'
import { keyPlaceOf } from './secrets-key.ts'

export const useReplicaKeys = (fn: M2mFunction, names: StageNames, replicas: readonly ReplicaConfig[]): void => {
  const { secretNamePrefix, extraPrefixes } = names
  for (const [at, { region, keyArn }] of replicas.entries()) {
    if (keyArn === undefined) continue
    const use = replicaKeyUse({ ...keyPlaceOf(fn), region, secretNamePrefix, extraPrefixes }, keyArn)
    fn.mayDo(PolicyStatement.fromJson({ Sid: `EncryptReplicas${at + 1}`, ...use }))
  }
}
