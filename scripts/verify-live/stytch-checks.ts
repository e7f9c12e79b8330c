// What Stytch leaves open and the rotation rests on: names and statuses of refusals, both slots during a rotation, how soon a retired
// value dies, what an inactive client may do, how metadata merge. Each group makes its own client; all are removed at the end.
import { randomBytes, randomUUID } from 'node:crypto'
import type { StytchSettings } from '../../lambda/local/stytch/settings.ts'
import { CheckBrokeOff, type CheckGroup } from './finding.ts'
import { type Run, until } from './run.ts'
import { brief, isObject, SCOPES, type StytchAnswer, type StytchCalls } from './stytch-calls.ts'

export interface StytchChecks {
  readonly run: Run
  readonly calls: StytchCalls
  /** The stand-in's answers, as settings. */
  readonly expected: StytchSettings
}

type Found = Parameters<CheckGroup['run']>[0]

export const nextSecret = (answer: StytchAnswer): string => {
  const { next_client_secret: secret } = answer.client
  if (typeof secret !== 'string') throw new CheckBrokeOff(`start answered ${brief(answer)}, without a next secret`)
  return secret
}

/** A status that a setting holds, of an error whose name is published. */
const refusal = (
  found: Found,
  check: string,
  answer: StytchAnswer,
  want: { name: string; setting: string; status: number },
): void =>
  found({
    check,
    expected: `${want.status} ${want.name}`,
    seen: brief(answer),
    ...(answer.error === want.name ? { setting: want.setting, set: answer.status } : {}),
  })

const ROTATING = 'm2m_client_already_rotating_secret'
const NOT_ROTATING = 'm2m_client_not_rotating_secret'
const NOT_FOUND = 'm2m_client_not_found'

const rotationErrors = async ({ calls, expected }: StytchChecks, found: Found): Promise<void> => {
  const { clientId, answer } = await calls.create('errors')
  found({ check: 'create', expected: expected.createStatus, seen: answer.status, setting: 'createStatus' })

  const { client } = await calls.get(clientId)
  const { next_client_secret_last_four: next } = client
  found({
    check: "GET's next_client_secret_last_four outside of a rotation",
    expected: 'null',
    seen: next === undefined ? 'left out' : next === null ? 'null' : 'a value',
  })

  const notRotating = { name: NOT_ROTATING, setting: 'notRotatingStatus', status: expected.notRotatingStatus }
  refusal(found, 'complete of a client that is not rotating', await calls.complete(clientId), notRotating)
  refusal(found, 'cancel of a client that is not rotating', await calls.cancel(clientId), notRotating)

  const lastFour = nextSecret(await calls.start(clientId)).slice(-4)
  refusal(found, 'start of a client that is rotating', await calls.start(clientId), {
    name: ROTATING,
    setting: 'alreadyRotatingStatus',
    status: expected.alreadyRotatingStatus,
  })
  const after = await calls.get(clientId)
  found({
    check: 'the next secret after a refused start',
    expected: 'the one that was issued',
    seen: after.client.next_client_secret_last_four === lastFour ? 'the one that was issued' : 'another',
  })

  const notFound = { name: NOT_FOUND, setting: 'clientNotFoundStatus', status: expected.clientNotFoundStatus }
  const unknown = `m2m-client-test-${randomUUID()}`
  refusal(found, 'GET of an unknown client', await calls.get(unknown), notFound)
  refusal(found, 'start of an unknown client', await calls.start(unknown), notFound)
  const removed = await calls.remove(clientId)
  if (removed.error !== '') throw new CheckBrokeOff(`delete answered ${brief(removed)}`)
  refusal(found, 'delete of a client that was deleted', await calls.remove(clientId), notFound)
  found({
    check: 'a deleted client id is free again',
    expected: expected.deletedClientIdMayReturn,
    seen: (await calls.createAgain(clientId)).error === '',
    setting: 'deletedClientIdMayReturn',
  })
}

/** Asks until the value is refused three times in a row: one server's memory may be older than another's. */
const deathOf = async ({ run, calls }: StytchChecks, clientId: string, secret: string) => {
  let diedAfterMs: number | undefined
  let refusals = 0
  let isAtOnce = true
  const startedAt = run.now()
  const last = await until(run, run.pace.shortWaitMs, async () => {
    const answer = await calls.token(clientId, secret)
    if (answer.error === '') {
      refusals = 0
      diedAfterMs = undefined
      isAtOnce = false
      return undefined
    }
    refusals += 1
    diedAfterMs ??= run.now() - startedAt
    return refusals >= 3 ? answer : undefined
  })
  return last === undefined || diedAfterMs === undefined
    ? undefined
    : { answer: last.value, afterMs: diedAfterMs, isAtOnce }
}

const death = async (
  checks: StytchChecks,
  found: Found,
  what: string,
  of: { clientId: string; secret: string },
): Promise<void> => {
  const { expected, run } = checks
  const died = await deathOf(checks, of.clientId, of.secret)
  if (died !== undefined) {
    refusal(found, `the refusal of ${what}`, died.answer, {
      name: 'invalid_client',
      setting: 'refusedCredentialStatus',
      status: expected.refusedCredentialStatus,
    })
  }
  const isAtOnce = died?.isAtOnce === true
  found({
    check: `delay until ${what} is refused`,
    expected: expected.propagationDelayMs === 0 ? 'at once' : `${expected.propagationDelayMs} ms`,
    seen:
      died === undefined
        ? `still accepted after ${run.pace.shortWaitMs} ms`
        : isAtOnce
          ? 'at once'
          : `${died.afterMs} ms`,
    setting: 'propagationDelayMs',
    set: died?.afterMs ?? run.pace.shortWaitMs,
  })
}

const slots = async (checks: StytchChecks, found: Found): Promise<void> => {
  const { calls, run, expected } = checks
  const { clientId, secret: first } = await calls.create('slots')
  const second = nextSecret(await calls.start(clientId))
  const accepted = await until(run, run.pace.shortWaitMs, async () =>
    (await calls.token(clientId, second)).error === '' ? true : undefined,
  )
  const isAtOnce = accepted?.tries === 1
  found({
    check: 'delay until the next secret is accepted',
    expected: expected.nextSecretDelayMs === 0 ? 'at once' : `${expected.nextSecretDelayMs} ms`,
    seen: accepted === undefined ? 'never accepted' : isAtOnce ? 'at once' : `${accepted.afterMs} ms`,
    setting: 'nextSecretDelayMs',
    set: accepted?.afterMs ?? run.pace.shortWaitMs,
  })
  found({
    check: 'the current secret while rotating',
    expected: 'accepted',
    seen: (await calls.token(clientId, first)).error === '' ? 'accepted' : 'refused',
  })

  await calls.complete(clientId)
  await death(checks, found, 'the old secret after complete', { clientId, secret: first })
  found({
    check: 'the new secret after complete',
    expected: 'accepted',
    seen: (await calls.token(clientId, second)).error === '' ? 'accepted' : 'refused',
  })

  const third = nextSecret(await calls.start(clientId))
  await calls.cancel(clientId)
  await death(checks, found, 'the next secret after cancel', { clientId, secret: third })
  found({
    check: 'the current secret after cancel',
    expected: 'accepted',
    seen: (await calls.token(clientId, second)).error === '' ? 'accepted' : 'refused',
  })
}

const claimsOf = (token: unknown): Readonly<Record<string, unknown>> => {
  const payload = typeof token === 'string' ? (token.split('.')[1] ?? '') : ''
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return isObject(claims) ? claims : {}
  } catch {
    throw new CheckBrokeOff('the token is not a JWT')
  }
}

/** In words, so that nothing of a token is printed. */
const describeToken = ({ body }: StytchAnswer, clientId: string, projectId: string): string => {
  const { sub, iss, aud, exp, iat, nbf, scope } = claimsOf(body.access_token)
  const names = Object.keys(claimsOf(body.access_token)).sort().join(' ')
  return [
    `expires_in ${body.expires_in === 3600 ? 3600 : 'other'}`,
    `exp - iat ${typeof exp === 'number' && typeof iat === 'number' ? exp - iat : 'unknown'}`,
    `nbf ${nbf === iat ? '= iat' : 'other'}`,
    `iss ${iss === `stytch.com/${projectId}` ? 'stytch.com/<project>' : 'other'}`,
    `aud ${JSON.stringify(aud) === JSON.stringify([projectId]) ? '[<project>]' : 'other'}`,
    `sub ${sub === clientId ? '<client>' : 'other'}`,
    `scope ${typeof scope === 'string' && scope.split(' ').sort().join() === [...SCOPES].sort().join() ? 'all' : 'other'}`,
    `claims ${names}`,
  ].join(', ')
}

const TOKEN =
  'expires_in 3600, exp - iat 3600, nbf = iat, iss stytch.com/<project>, aud [<project>], sub <client>, scope all, claims aud exp iat iss nbf scope sub'

const credentials = async ({ calls, expected, run }: StytchChecks, found: Found): Promise<void> => {
  const { clientId, secret } = await calls.create('credentials')
  const refused = {
    name: 'invalid_client',
    setting: 'refusedCredentialStatus',
    status: expected.refusedCredentialStatus,
  }
  const wrong = run.keepQuiet(randomBytes(33).toString('base64url'))
  refusal(found, 'a wrong secret', await calls.token(clientId, wrong), refused)
  refusal(found, 'an unknown client id', await calls.token(`m2m-client-test-${randomUUID()}`, wrong), refused)
  refusal(found, 'a scope that the client lacks', await calls.token(clientId, secret, { scope: 'admin:verify' }), {
    name: 'invalid_scope',
    setting: 'invalidScopeStatus',
    status: expected.invalidScopeStatus,
  })
  const granted = await calls.token(clientId, secret)
  found({
    check: "a token's lifetime and claims",
    expected: TOKEN,
    seen: describeToken(granted, clientId, calls.projectId),
  })

  const inactive = await calls.update(clientId, { status: 'inactive' })
  if (inactive.error !== '') throw new CheckBrokeOff(`deactivating answered ${brief(inactive)}`)
  refusal(found, 'the right secret of an inactive client', await calls.token(clientId, secret), refused)
  const started = await calls.start(clientId)
  found({
    check: 'start of an inactive client',
    expected: expected.inactiveClientMayRotate ? 'done' : 'refused',
    seen: started.error === '' ? 'done' : 'refused',
    setting: 'inactiveClientMayRotate',
    set: started.error === '',
  })
}

const metadata = async ({ calls }: StytchChecks, found: Found): Promise<void> => {
  const { clientId } = await calls.create('metadata', {
    trusted_metadata: { kept: 'a', dropped: 'b', nested: { one: 1, two: 2 } },
  })
  await calls.update(clientId, { trusted_metadata: { managed_by: 'verify', dropped: null, nested: { two: 3 } } })
  const { client } = await calls.get(clientId)
  const merged: unknown = client.trusted_metadata
  const { kept, dropped, nested, managed_by: added } = isObject(merged) ? merged : {}
  found({
    check: 'trusted_metadata in an update',
    expected: 'other keys kept, null deletes, nested replaced',
    seen: [
      kept === 'a' && added === 'verify' ? 'other keys kept' : 'other keys lost',
      dropped === undefined ? 'null deletes' : 'null does not delete',
      JSON.stringify(nested) === '{"two":3}' ? 'nested replaced' : 'nested merged',
    ].join(', '),
  })
}

const rateLimit = async ({ calls, expected }: StytchChecks, found: Found): Promise<void> => {
  const met = calls.retryAfters()
  found({
    check: 'Retry-After on 429',
    expected: expected.rateLimitRetryAfterSeconds === null ? 'none' : `${expected.rateLimitRetryAfterSeconds} s`,
    seen: met.length === 0 ? undefined : met[0] === undefined ? 'none' : `${met[0]} s`,
    why: 'no 429 was met; none is provoked',
    setting: 'rateLimitRetryAfterSeconds',
  })
}

export const stytchGroups = (checks: StytchChecks): readonly CheckGroup[] =>
  [
    { name: 'errors of the rotation calls', run: rotationErrors },
    { name: 'slots and their end', run: slots },
    { name: 'credentials and tokens', run: credentials },
    { name: 'metadata', run: metadata },
    { name: 'rate limits', run: rateLimit },
  ].map(({ name, run }) => ({ name, service: 'Stytch', run: (found) => run(checks, found) }))
