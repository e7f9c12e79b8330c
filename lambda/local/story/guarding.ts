// How the story registers a client where rights are enforced: as the stage's clients function does, with its rights, under the stage's key, and with
// the policy that it writes.
import { defined } from '../../core/base/defined.ts'
import { secretPolicy } from '../../core/clients/secret-policy.ts'
import { readClientsEnv } from '../../env/clients.ts'
import type { Laptop } from '../laptop/laptop.ts'
import type { OperatorInput } from './operator.ts'

/** A key id of lambda/local/iam/people.ts, of whoever reads a client's secret to use it. */
export const READER = 'reader'

/**
 * @param consumers ARNs of the consumers' roles. @default - the laptop's reader
 * @returns nothing where nobody evaluates policies
 */
export const guardingOf = (
  { address, configured }: Pick<Laptop, 'address' | 'configured'>,
  consumers?: readonly string[],
): Pick<OperatorInput, 'registersAs' | 'policyOf' | 'kmsKeyId'> => {
  const reader = address.identities?.[READER]
  const clients = configured().find(({ part }) => part === 'clients')
  if (reader === undefined || clients === undefined) return {}
  const { readers, changers, rotators, operators = [], kmsKeyId } = readClientsEnv(clients.env)
  return {
    policyOf: (secretArn) =>
      secretPolicy(secretArn, { readers, changers, rotators, operators, consumers: consumers ?? [reader.arn] }),
    ...defined({ registersAs: clients.env.AWS_ACCESS_KEY_ID, kmsKeyId }),
  }
}
