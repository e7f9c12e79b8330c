// A secret, its client at the issuer, and the service that drives the steps: everything a rotation touches, in memory. Values
// read `canary-<name>-<last four>`, so that a test can name them and search all output for the word.

import { type Bounds, WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import { noRecords } from '../../lambda/core/rotation/records.ts'
import type { Step } from '../../lambda/core/rotation/refusal.ts'
import { steps } from '../../lambda/core/rotation/refusal.ts'
import type { Rotation } from '../../lambda/core/rotation/rotation.ts'
import { runStep } from '../../lambda/core/rotation/run-step.ts'
import { noProofs } from '../../lambda/core/rotation/sign-proof.ts'
import { MAX_TOKEN_ATTEMPT, makeRequestToken, type Origin } from '../../lambda/core/secret/request-token.ts'
import { clientForm } from '../../lambda/core/secret/secret-format.ts'
import { createCallLog } from './call-log.ts'
import { createFakeEvents } from './fake-events.ts'
import { createFakeFreeze } from './fake-freeze.ts'
import { createFakeIssuer, type FakeClient, PROJECT_ID } from './fake-issuer.ts'
import { createFakeJournal } from './fake-journal.ts'
import { createFakeSecrets, SECRET_ARN } from './fake-secrets.ts'
import { createFakeTiming, NOON_THIRTY } from './fake-timing.ts'

export const CLIENT_ID = 'm2m-client-test-orders'

/** A value by its name; its last four are the name's first letter four times, unless told otherwise. */
export const valueNamed = (name: string, lastFour = name.charAt(0).repeat(4)): string => `canary-${name}-${lastFour}`

/** The name in a value that valueNamed or the issuer made. */
export const nameOf = (value: string): string => value.split('-')[1] ?? value

/** The secret's JSON with this value, as an operator may have stored it. */
export const textOf = (value: string, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    client_id: CLIENT_ID,
    client_secret: value,
    project_id: PROJECT_ID,
    token_url: `https://test.stytch.com/v1/public/${PROJECT_ID}/oauth2/token`,
    issued_at: '2026-10-01T00:00:00.000Z',
    team: 'orders',
    ...more,
  })

export const secretIn = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : /"client_secret":"([^"]+)"/.exec(text)?.[1]

let asked = 0
let currentId = (): string | undefined => undefined
/** A request token of this origin that no other test has; a settle's is about what carries AWSCURRENT in the world that was made last. */
export const tokenOf = (origin: Origin, askedAt = NOON_THIRTY): string => {
  asked += 1
  const about = origin === 'settle' ? currentId() : undefined
  const attempt = about === undefined ? 1 : 1 + (asked % MAX_TOKEN_ATTEMPT)
  return makeRequestToken({ origin, askedAt, secretArn: SECRET_ARN, about: about ?? `test ${asked}`, attempt })
}

export const createWorld = (bounds: Bounds = WITHOUT_LAG) => {
  const log = createCallLog()
  const timing = createFakeTiming()
  const issuer = createFakeIssuer(log, timing)
  const secrets = createFakeSecrets(log, timing)
  const events = createFakeEvents(log)
  const journal = createFakeJournal()
  const freeze = createFakeFreeze()
  const rotation: Rotation = {
    issuer,
    form: clientForm,
    secrets,
    events,
    freeze,
    timing,
    journal,
    bounds,
    records: noRecords,
    tokenUrl: `https://test.stytch.com/v1/public/${PROJECT_ID}/oauth2/token`,
    proofs: noProofs,
  }

  currentId = () => secrets.holderOf('AWSCURRENT')

  const client = (): FakeClient => {
    const found = issuer.clients.get(CLIENT_ID)
    if (found === undefined) throw new Error('the client is gone')
    return found
  }
  const valueUnder = (label: string): string | undefined => {
    const holder = secrets.holderOf(label)
    return holder === undefined ? undefined : secretIn(secrets.versions.get(holder)?.text)
  }

  const step = async (name: Step, requestToken: string, remainingMs = 30_000): Promise<void> => {
    timing.restart(remainingMs)
    await runStep(rotation, { step: name, secretId: SECRET_ARN, requestToken })
  }
  /** RotateSecret and its four steps. */
  const rotate = async (requestToken: string): Promise<string> => {
    secrets.rotateSecret(requestToken)
    for (const name of steps) await step(name, requestToken)
    return requestToken
  }

  return {
    log,
    timing,
    issuer,
    secrets,
    events,
    journal,
    freeze,
    rotation,
    client,
    valueUnder,
    step,
    rotate,
    /** Everything the system said, for people or machines. */
    said: () => JSON.stringify([journal.entries, events.published]),
  }
}
export type World = ReturnType<typeof createWorld>

/** A client that was registered and never rotated: value A, settled, bound. */
export const createRegisteredWorld = (more: Partial<FakeClient> = {}, bounds: Bounds = WITHOUT_LAG): World => {
  const world = createWorld(bounds)
  world.secrets.place(tokenOf('register'), { text: textOf(valueNamed('A')), labels: ['AWSCURRENT'] })
  world.issuer.clients.set(CLIENT_ID, {
    current: valueNamed('A'),
    next: null,
    isActive: true,
    boundTo: SECRET_ARN,
    ...more,
  })
  return world
}
