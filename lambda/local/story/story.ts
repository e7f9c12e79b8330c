// The story that `npm start` plays: the main job on real traffic, in half a minute. Every scene is played by the production handlers
// over HTTP; this file only asks, watches and counts.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Laptop } from '../laptop/laptop.ts'
import { type Attack, type Attacker, startAttacker } from './attacker.ts'
import { type Consumer, type ConsumerInput, startConsumer } from './consumers.ts'
import { guardingOf, READER } from './guarding.ts'
import { createOperator, type Operator } from './operator.ts'
import { startResourceServer } from './resource-server.ts'
import type { Counts, Evidence, Line, Tone } from './telling.ts'

/** How long a caching consumer may keep the old secret; a day in production. */
const OVERLAP_MS = 4500

export interface StoryResult {
  readonly timeline: readonly Line[]
  readonly counts: Pick<Counts, 'requests' | 'failures'>
  readonly attack: Attack
  /** Detail of the `Secret Revoked` event. */
  readonly evidence: Evidence | undefined
  /** From the report of the leak to the proof. */
  readonly provenDeadMs: number
  readonly faults: readonly string[]
}

/** Who watches. */
export interface StoryView {
  /** Something happened. */
  line(line: Line): void
  /** Everything is at work; what has been counted can be read from now on. */
  live(read: () => Counts): void
}

interface Stage {
  readonly laptop: Laptop
  readonly operator: Operator
  readonly narrate: (subject: string, text: string, tone?: Tone) => void
  /** Whoever holds the leaked secret. */
  attacker: Attacker | undefined
  readonly check: (holds: boolean, fault: string) => void
}

const rotateScene = async ({ operator, narrate, laptop, check }: Stage, secretId: string): Promise<void> => {
  const { clientId } = await operator.read(secretId)
  await operator.rotate(secretId, 'rotate')
  narrate('billing-api', 'rotated: AWSCURRENT is new, and Stytch accepts both')
  check(laptop.stytch.slots(clientId)?.nextLastFour !== null, 'no overlap was open after the rotation')
  await sleep(OVERLAP_MS + 300)
  await operator.rotate(secretId, 'settle')
  check(laptop.stytch.slots(clientId)?.nextLastFour === null, 'the overlap was still open after the settle')
  narrate('billing-api', 'settled: the old value is refused')
}

const rollbackScene = async ({ operator, narrate, check }: Stage, secretId: string): Promise<void> => {
  const before = await operator.read(secretId)
  await operator.rotate(secretId, 'rotate')
  await sleep(400)
  await operator.rotate(secretId, 'rollback')
  narrate('nightly-etl', 'rotated, and rolled back: AWSCURRENT is the old value again')
  check(
    (await operator.read(secretId)).clientSecret === before.clientSecret,
    'the rollback did not bring the old value back',
  )
  await sleep(OVERLAP_MS + 300)
  await operator.rotate(secretId, 'settle')
  narrate('nightly-etl', 'settled: the value that was rolled back is refused')
}

const crashScene = async ({ operator, narrate, laptop, check }: Stage, secretId: string): Promise<void> => {
  let kills = 0
  const untap = laptop.stytch.server.tap(({ op, phase }) => {
    // Right after Stytch made the next secret, before its only copy reaches the function: the worst moment there is.
    if (op !== 'RotateStart' || phase !== 'after' || kills > 0) return
    kills += 1
    laptop.rotation.kill()
    narrate('support-agent', 'rotation function killed, the new value’s only copy lost', 'bad')
  })
  await operator.rotate(secretId, 'rotate')
  untap()
  check(kills === 1, 'the rotation was not killed')
  narrate('support-agent', 'driven on: the lost value cancelled, another one started')
  await sleep(OVERLAP_MS + 300)
  await operator.rotate(secretId, 'settle')
  narrate('support-agent', 'settled')
}

interface Leak {
  readonly attack: Attack
  readonly provenDeadMs: number
  readonly evidence: Evidence | undefined
}

const leakScene = async (stage: Stage, secretId: string): Promise<Leak> => {
  const { operator, narrate, laptop } = stage
  const attacker = startAttacker(await operator.read(secretId))
  stage.attacker = attacker
  await sleep(500)
  narrate('billing-api', 'LEAK: the secret is in an attacker’s hands', 'bad')
  const startedAt = Date.now()
  await operator.rotate(secretId, 'revoke')
  narrate('billing-api', 'revoke: AWSCURRENT is a new value')
  await operator.rotate(secretId, 'settle')
  const provenDeadMs = Date.now() - startedAt
  narrate('billing-api', `settled: the leaked value is proven dead after ${provenDeadMs} ms`, 'good')
  await sleep(500)
  const attack = await attacker.stop()
  const revoked = laptop.aws.events().find(({ detailType }) => detailType === 'Secret Revoked')
  return { attack, provenDeadMs, evidence: revoked?.detail as Evidence | undefined }
}

/** The password to all of Stytch leaks: every function must follow without a failed call. */
const projectScene = async ({ operator, narrate, laptop, check }: Stage, clientSecretId: string): Promise<void> => {
  const { project_secret: leaked, project_secret_name: secretId = '' } = laptop.address
  const startedAt = Date.now()
  await operator.rotate(secretId, 'revoke')
  check(laptop.stytch.projectSecrets.accepts(leaked), 'the old project secret died before anybody could follow')
  await operator.rotate(secretId, 'settle')
  check(!laptop.stytch.projectSecrets.accepts(leaked), 'the old project secret is still accepted')
  narrate('project secret', `revoked: Stytch refuses the old one after ${Date.now() - startedAt} ms`, 'good')
  await operator.rotate(clientSecretId, 'rotate')
  narrate('support-agent', 'rotated, with the new project secret, by itself')
}

/** @throws what a scene throws; everything it opened is closed. */
export const playStory = async (laptop: Laptop, view: StoryView): Promise<StoryResult> => {
  const startedAt = Date.now()
  const timeline: Line[] = []
  const faults: string[] = []
  const narrate: Stage['narrate'] = (subject, text, tone = 'plain') => {
    const line = { at: Date.now() - startedAt, subject, text, tone }
    timeline.push(line)
    view.line(line)
  }
  const check = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault)
  }
  const operator = createOperator(laptop.address, guardingOf(laptop))
  const reader = createOperator(laptop.address, { accessKeyId: READER })
  const stage: Stage = { laptop, operator, narrate, attacker: undefined, check }
  const resource = await startResourceServer(laptop.address)
  const consumers: Consumer[] = []
  const consume = (secretId: string, habit: ConsumerInput['habit'], keepMs: number): void => {
    consumers.push(startConsumer(reader, { secretId, habit, keepMs, resourceUrl: resource.url }))
  }
  const counts = (): Counts => {
    const sum = (count: (consumer: Consumer) => number): number =>
      consumers.reduce((total, consumer) => total + count(consumer), 0)
    return {
      requests: sum(({ tally }) => tally.requests),
      failures: sum(({ tally }) => tally.failures),
      attack: stage.attacker?.tally(),
    }
  }
  try {
    const secrets: string[] = []
    for (const [name, scopes] of [
      ['billing-api', ['read:invoices', 'write:invoices']],
      ['nightly-etl', ['read:events']],
      ['support-agent', ['read:tickets']],
    ] as const) {
      secrets.push((await operator.register(name, scopes)).secretArn)
    }
    narrate('clients', 'billing-api, nightly-etl and support-agent registered')
    const [billing = '', etl = '', agent = ''] = secrets
    consume(billing, 'every', 0)
    consume(billing, 'ttl', OVERLAP_MS)
    consume(etl, 'overlap', OVERLAP_MS)
    consume(agent, 'overlap', OVERLAP_MS)
    consume(agent, 'every', 0)
    narrate('consumers', 'five at work: token, then API call, without a pause')
    view.live(counts)
    await sleep(700)
    await rotateScene(stage, billing)
    await rollbackScene(stage, etl)
    await crashScene(stage, agent)
    const leak = await leakScene(stage, billing)
    await projectScene(stage, agent)
    await sleep(500)
    await Promise.all(consumers.map((consumer) => consumer.stop()))
    const { requests, failures } = counts()
    check(requests > 0 && failures === 0, `${failures} of ${requests} requests failed`)
    check(leak.attack.accepted > 0, 'the attacker was never accepted, so nothing was shown')
    check(leak.attack.refused > 0, 'the attacker was never refused')
    check(leak.attack.acceptedAfterRefusal === 0, 'the attacker was accepted after a refusal')
    check(leak.evidence !== undefined, 'no evidence of the revoke was put on the bus')
    return { timeline, faults, counts: { requests, failures }, ...leak }
  } finally {
    await Promise.all(consumers.map((consumer) => consumer.stop()))
    await resource.close()
    for (const { secretsManager } of [operator, reader]) secretsManager.destroy()
  }
}
