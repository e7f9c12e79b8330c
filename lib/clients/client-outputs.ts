// The outputs that hold the clients' secret ARNs. CloudFormation takes letters and digits only in an output's name, so CDK drops the rest of
// a client's: `a-b` and `ab` would be one. Clients whose names differ in nothing else each get a hash, whatever their order in the
// configuration; all others keep the name that they have always had.
import { createHash } from 'node:crypto'
import { CfnOutput } from 'aws-cdk-lib'
import type { Construct } from 'constructs'

const PREFIX = 'SecretArn'

const plain = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '')

const hashed = (name: string): string =>
  `${PREFIX}${plain(name)}${createHash('sha256').update(name).digest('hex').slice(0, 8).toUpperCase()}`

/** @returns each name's output. Upper-case letters follow a client's name only where a hash does: names have none. */
export const secretArnOutputs = (names: readonly string[]): ReadonlyMap<string, string> => {
  const alike = Map.groupBy(names, plain)
  return new Map(
    names.map((name) => [name, (alike.get(plain(name)) ?? []).length > 1 ? hashed(name) : `${PREFIX}${plain(name)}`]),
  )
}

export interface NamedSecret {
  readonly clientName: string
  readonly secretArn: string
}

/** Adds an output for each client. */
export const addSecretArnOutputs = (scope: Construct, clients: readonly NamedSecret[]): void => {
  const outputs = secretArnOutputs(clients.map(({ clientName }) => clientName))
  for (const { clientName, secretArn } of clients) {
    const output = new CfnOutput(scope, `${PREFIX}-${clientName}`, { value: secretArn })
    output.overrideLogicalId(outputs.get(clientName) ?? hashed(clientName))
  }
}
