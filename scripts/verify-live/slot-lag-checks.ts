// How long Stytch takes until every connection knows a new value, an old one's end, and every GET the slots; under which names a credential is
// refused; and what that asks of a deployment.
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import { CheckBrokeOff, type CheckGroup } from './finding.ts'
import { brief, type StytchAnswer } from './stytch-calls.ts'
import { nextSecret, type StytchChecks } from './stytch-checks.ts'
import { describeLag, expectedLag, type SeenLag, settingFor, watchLag, worst } from './watch-lag.ts'

type Found = Parameters<CheckGroup['run']>[0]

/** Fresh connections a round: each may reach another of the service's nodes. */
const CONNECTIONS = 3

interface Change {
  readonly secret: string
  /** Whether Stytch accepts that value once the change is everywhere. */
  readonly isAccepted: boolean
  readonly nextLastFour: string | null
}

interface Watched {
  readonly exchange: SeenLag
  readonly get: SeenLag
}

const change = async (
  { run, calls }: StytchChecks,
  clientId: string,
  { names, ...what }: Change & { readonly names: Set<string> },
): Promise<Watched> => {
  const exchange = async (): Promise<boolean> => {
    const { status, error } = await calls.token(clientId, what.secret, { isAlone: true })
    // Whatever is no answer about the credential says nothing.
    if (error !== '' && status >= 500) return false
    if (error !== '') names.add(error)
    return (error === '') !== what.isAccepted
  }
  const get = async (): Promise<boolean> => {
    const { client, error } = await calls.get(clientId)
    return error === '' && (client.next_client_secret_last_four ?? null) !== what.nextLastFour
  }
  // Each accepted exchange is a token, which Stytch may bill.
  const seen = await watchLag(run, run.pace.pollMs, [get, ...Array.from({ length: CONNECTIONS }, () => exchange)])
  const [slots, ...exchanges] = seen
  if (slots === undefined) throw new CheckBrokeOff('nothing was watched')
  return { get: slots, exchange: worst(exchanges) }
}

const mustDo = async (call: Promise<StytchAnswer>, what: string): Promise<StytchAnswer> => {
  const answer = await call
  if (answer.error !== '') throw new CheckBrokeOff(`${what} answered ${brief(answer)}`)
  return answer
}

const slotLags = async (checks: StytchChecks, found: Found): Promise<void> => {
  const { calls, expected } = checks
  const { clientId, secret: first } = await calls.create('lags')
  const names = new Set<string>()
  const started = async (): Promise<{ readonly secret: string; readonly watched: Watched }> => {
    const secret = nextSecret(await mustDo(calls.start(clientId), 'start'))
    const nextLastFour = secret.slice(-4)
    return { secret, watched: await change(checks, clientId, { names, secret, isAccepted: true, nextLastFour }) }
  }
  const second = await started()
  await mustDo(calls.complete(clientId), 'complete')
  const ended = { names, isAccepted: false, nextLastFour: null }
  const completed = await change(checks, clientId, { ...ended, secret: first })
  const third = await started()
  await mustDo(calls.cancel(clientId), 'cancel')
  const cancelled = await change(checks, clientId, { ...ended, secret: third.secret })

  const accepted = worst([second.watched.exchange, third.watched.exchange])
  const dead = worst([completed.exchange, cancelled.exchange])
  const get = worst([second.watched.get, completed.get, third.watched.get, cancelled.get])
  const nodesMs = Math.max(0, ...expected.nodeLagMs)
  const measured = [
    ['a new value on fresh connections', accepted, expected.nextSecretDelayMs + nodesMs, 'nextSecretDelayMs'],
    ['the end of a value on fresh connections', dead, expected.propagationDelayMs + nodesMs, 'propagationDelayMs'],
    ['GET after start, complete and cancel', get, expected.staleGetMs, 'staleGetMs'],
  ] as const
  for (const [check, lag, expectedMs, setting] of measured) {
    found({
      check: `${check}, ${lag.replies} replies`,
      expected: expectedLag(expectedMs),
      seen: describeLag(lag),
      setting,
      set: lag.lastMs,
    })
  }
  found({
    check: 'the names under which a credential is refused',
    expected: expected.refusedError,
    seen: names.size === 0 ? undefined : [...names].sort().join(', '),
    why: 'no credential was refused',
    setting: 'refusedError',
  })
  found({
    check: 'how long to distrust a look at the slots',
    expected: DEPLOYED.readLagMs,
    seen: settingFor(get.lastMs, DEPLOYED.readLagMs),
    setting: 'propagation.readLagMs',
  })
  found({
    check: 'how long a revoke waits for a new value',
    expected: DEPLOYED.patienceMs.revoke,
    seen: settingFor(accepted.lastMs, DEPLOYED.patienceMs.revoke),
    setting: 'propagation.patienceMs',
  })
}

export const slotLagGroups = (checks: StytchChecks): readonly CheckGroup[] => [
  { name: 'how late Stytch is', service: 'Stytch', run: (found) => slotLags(checks, found) },
]
