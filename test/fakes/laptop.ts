// The laptop that tests start: on free ports, with the rights of its template on. What it evaluated is kept for whoever records calls.
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { credentialsOf, type Person } from '../../lambda/local/iam/people.ts'
import { type Laptop, type LaptopInput, startLaptop } from '../../lambda/local/laptop/laptop.ts'
import { recordCalls } from '../rights/recording.ts'

export const startTestLaptop = async (input: Partial<LaptopInput> = {}): Promise<Laptop> => {
  const laptop = await startLaptop({ stytchPort: 0, awsPort: 0, onLog: () => {}, ...input })
  const close = (): Promise<void> => {
    recordCalls(laptop)
    return laptop.close()
  }
  // What it says of itself is asked of it anew each time.
  return Object.create(laptop, { close: { value: close } })
}

/** Stores a value as the clients function may: no person may store one under the stage's key. */
export const storeByHand = async ({ address }: Laptop, SecretId: string, SecretString: string): Promise<void> => {
  const { aws: endpoint, region } = address
  const client = new SecretsManagerClient({
    endpoint,
    region,
    credentials: credentialsOf('m2m-laptop-clients-us-east-1'),
  })
  await client.send(new PutSecretValueCommand({ SecretId, SecretString })).finally(() => client.destroy())
}

/** Gives one of its people a policy more: to read these secrets of somebody else's, by their names' pattern. */
export const letRead = ({ rights, address }: Laptop, who: Person, namePattern: string): void => {
  const identity = rights?.identify(who)
  if (identity === undefined) return
  const Resource = `arn:aws:secretsmanager:${address.region}:${address.account_id}:secret:${namePattern}`
  const policy = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource },
  }
  rights?.add({ ...identity, identityPolicies: [...identity.identityPolicies, policy] })
}
