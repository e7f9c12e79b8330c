// A user's own configuration, for tests that start it or apply it: two sets, a vendor, an intake, and a client that the stack declares.
import { WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import { stackFileOf } from '../../lambda/local/laptop/assemblies.ts'
import type { Deployment } from '../../lambda/local/laptop/deployments.ts'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'

const { staleLabelsMs: boundMs, ...propagation } = WITHOUT_LAG

export const OWN_ACCOUNT = '123456789012'
export const OWN_REGION = 'eu-central-1'
export const ownRole = (name: string): string => `arn:aws:iam::${OWN_ACCOUNT}:role/${name}`

export const client = (name: string, more: object = {}) => ({
  name,
  description: `The client ${name}`,
  scopes: ['read:things'],
  ...more,
})

const set = (name: string, scopes: readonly string[]) => ({
  operators: [ownRole(name)],
  names: `${name}-*`,
  readers: [ownRole(`${name}-*`)],
  scopes,
})

export const ownConfig = (stage: string, more: object = {}): Readonly<Record<string, unknown>> => ({
  stage,
  stytch: {
    projectId: 'project-test-11111111-1111-4111-8111-111111111111',
    projectSecretName: `stytch/m2m-${stage}`,
  },
  alarms: { email: 'on-call@example.com' },
  breakGlass: { roleArn: ownRole('breaker') },
  operators: [ownRole(`${stage}-operators`)],
  sets: { pay: set('pay', ['read:*']), order: set('order', ['read:*', 'write:orders']) },
  incidents: {
    security: { roleArns: [ownRole('soc'), ownRole(`${stage}-operators`)] },
    intake: { signingSecretName: `m2m-intake/${stage}/signing` },
  },
  vendor: { endpoint: 'regional' },
  // Stand-ins do not lag.
  staleness: { boundMs },
  propagation,
  environment: { account: OWN_ACCOUNT, region: OWN_REGION },
  clients: [client('billing', { readers: [ownRole('billing-task')] })],
  ...more,
})

/** Applies another configuration, as `--deploy` does. @returns how it ended */
export const applyTo = async (laptop: Laptop, config: unknown): Promise<Deployment> => {
  const { ended } = await laptop.update(await stackFileOf(config))
  return ended
}
