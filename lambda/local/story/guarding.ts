// What stands around a secret that the story or the page registers where rights are enforced: the policy that the stage's own functions write, with
// the laptop's reader as the consumer.
import { secretPolicy } from '../../core/clients/secret-policy.ts'
import { readClientsEnv } from '../../env/clients.ts'
import type { Laptop } from '../laptop/laptop.ts'

/** A key id of lambda/local/iam/people.ts, of whoever reads a client's secret to use it. */
export const READER = 'reader'

/** @returns undefined where nobody evaluates policies */
export const guardingOf = ({
  address,
  configured,
}: Pick<Laptop, 'address' | 'configured'>): ((secretArn: string) => object) | undefined => {
  const reader = address.identities?.[READER]
  const clients = configured().find(({ part }) => part === 'clients')
  if (reader === undefined || clients === undefined) return undefined
  const { readers, changers, rotators, operators = [] } = readClientsEnv(clients.env)
  return (secretArn) => secretPolicy(secretArn, { readers, changers, rotators, operators, consumers: [reader.arn] })
}
