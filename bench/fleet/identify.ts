// A search for a leaked value among so many secrets that each has two values: by the value itself, by GitGuardian's costly hash of it, and
// for an unknown value, which is held against all of them. The function is the real one, in a process of its own.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createIdentifier } from '../../lambda/adapters/aws/identifier.ts'
import { createInvoking } from '../../lambda/adapters/aws/invoking.ts'
import { hmslHash } from '../../lambda/core/intake/hmsl.ts'
import { type LeakProof, readProof } from '../../lambda/core/intake/leak-proof.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { LAPTOP_PREFIX } from '../../lambda/local/laptop/deployment.ts'
import { awsEnvironment, type Laptop } from '../../lambda/local/laptop/laptop.ts'
import { type Figure, measure } from './figures.ts'

const AT_ONCE = 20
const newValue = (): string => randomBytes(33).toString('base64url')

/** Straight into the secrets: no client stands behind them, so that the search ends with Stytch's refusal. */
const store = async (laptop: Laptop, clients: number): Promise<string> => {
  const { aws: endpoint, region } = laptop.address
  // As the clients function stores clients: with its rights, under the stage's key.
  const secretsManager = new SecretsManagerClient({
    endpoint,
    region,
    credentials: credentialsOf('m2m-laptop-clients-us-east-1'),
  })
  const { KeyArn: KmsKeyId } = laptop.stack.outputs()
  laptop.aws.configure({ enforceQuotas: false })
  const text = (value: string, at: number): string =>
    JSON.stringify({
      client_id: `m2m-client-test-bench-${at}`,
      client_secret: value,
      project_id: laptop.address.project_id,
      token_url: `${laptop.address.stytch}/token`,
    })
  let next = 0
  let last = ''
  const work = async (): Promise<void> => {
    for (let at = next++; at < clients; at = next++) {
      const SecretId = `${LAPTOP_PREFIX}bench-identify-${String(at).padStart(5, '0')}`
      const value = newValue()
      const Tags = [{ Key: 'm2m:client-id', Value: `m2m-client-test-bench-${at}` }]
      await secretsManager.send(
        new CreateSecretCommand({ Name: SecretId, SecretString: text(value, at), KmsKeyId, Tags }),
      )
      await secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: text(newValue(), at) }))
      if (at === clients - 1) last = value
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  laptop.aws.configure({ enforceQuotas: true })
  secretsManager.destroy()
  return last
}

const proofOf = (value: unknown, hash?: unknown): LeakProof => {
  const proof = readProof(value, hash)
  if (!proof.ok) throw new Error(proof.refusal)
  return proof.value
}

export const benchIdentify = async ({
  laptop,
  clients,
}: {
  readonly laptop: Laptop
  readonly clients: number
}): Promise<readonly Figure[]> => {
  const value = await store(laptop, clients)
  // The search is signed as this process's environment says.
  Object.assign(process.env, awsEnvironment(laptop.address.aws, 'operator'))
  const identifier = createIdentifier({
    invoke: createInvoking(laptop.address.aws),
    functionName: 'm2m-laptop-identify',
    timing: { now: Date.now, remainingMs: () => 600_000, wait: async (ms) => void (await sleep(ms)) },
  })
  const counters = { aws: laptop.aws.calls, stytch: laptop.stytch.server.calls }
  const search = (what: string, proof: LeakProof, outcome: string): Promise<Figure> =>
    measure(counters, { what, clients }, async () => {
      const { found } = await identifier.identify({ proof })
      const ended = found[0]?.state ?? 'unknown'
      if (ended !== outcome) throw new Error(`${what}: ${ended}`)
    })
  // The first starts the process.
  await identifier.identify({ proof: proofOf(value), clientId: `m2m-client-test-bench-${clients - 1}` })
  return [
    await search('search by value, the last one', proofOf(value), 'dead'),
    await search('search by value, unknown', proofOf(newValue()), 'unknown'),
    await search('search by hash, unknown', proofOf(undefined, await hmslHash(newValue())), 'unknown'),
  ]
}
