// `npm run bench:after-revoke`: services whose client is revoked under load, on the laptop, with the deployed function's executions. Each caller
// follows the page's recipe: a token from its client; when the service refuses it, `forget`, and the request once more. The services verify with
// the list of revocations and read it every second, which is harder for callers than the half minute that is usual.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createRevocations, createTokenClient, createVerifier, TokenRefused } from '../lambda/client/index.ts'
import { startLaptop } from '../lambda/local/laptop/laptop.ts'
import { guardingOf } from '../lambda/local/story/guarding.ts'
import { createOperator } from '../lambda/local/story/operator.ts'
import { bundleFunction } from '../scripts/bundle.ts'
import { type Bench, integer, runAlone } from './report.ts'

const CLIENT = 'leaked'
const SCOPES = ['read:reports']

/** Bundled as they are deployed: their sources take ten times as long to load. */
const deployed = [
  ['vendor', 'on-vend'],
  ['rotation', 'on-rotation'],
] as const

interface Request {
  /** When it ended, epoch milliseconds. */
  readonly at: number
  readonly outcome: 'passed' | 'passedAfterForget' | 'refused' | 'noToken'
}

interface Load {
  readonly callers: number
  /** Between two requests of a caller. */
  readonly betweenMs: number
  /** After the settle. */
  readonly afterMs: number
}

const fullLoad: Load = { callers: 50, betweenMs: 20, afterMs: 20_000 }
const quickLoad: Load = { callers: 3, betweenMs: 200, afterMs: 3_000 }

interface Round {
  readonly requests: readonly Request[]
  /** From when on no service refuses anybody for good: a second after the proof, at the earliest. */
  readonly from: number
}

const play = async (directory: string, { callers, betweenMs, afterMs }: Load): Promise<Round> => {
  const laptop = await startLaptop({ stytchPort: 0, awsPort: 0, onLog: () => {} })
  for (const [part] of deployed) laptop.deploy(part, { modulePath: join(directory, part, 'index.mjs') })
  const operator = createOperator(laptop.address, { ...guardingOf(laptop), patienceMs: 300_000 })
  const {
    vend: url,
    region,
    access_key_id,
    secret_access_key,
    project_id,
    stytch,
    revocations_public_key,
  } = laptop.address
  const place = { url, region, credentials: { accessKeyId: access_key_id, secretAccessKey: secret_access_key } }
  try {
    const { clientId, secretArn } = await operator.register(CLIENT, SCOPES)
    const revocations = createRevocations({ ...place, publicKey: revocations_public_key, pollSeconds: 1 })
    const jwksUrl = `${stytch}/v1/sessions/jwks/${project_id}`
    const verify = createVerifier({ projectId: project_id, jwksUrl, revocations, requiredScopes: SCOPES })
    const requests: Request[] = []
    let isOver = false

    const serve = async (token: string): Promise<boolean> => {
      try {
        await verify(token)
        return true
      } catch (error) {
        if (error instanceof TokenRefused && error.code === 'revoked_token') return false
        throw error
      }
    }
    const call = async (tokens: ReturnType<typeof createTokenClient>): Promise<Request['outcome']> => {
      const request = { client: CLIENT, scopes: SCOPES }
      const { accessToken } = await tokens.token(request)
      if (await serve(accessToken)) return 'passed'
      tokens.forget(request, accessToken)
      return (await serve((await tokens.token(request)).accessToken)) ? 'passedAfterForget' : 'refused'
    }
    const caller = async (): Promise<void> => {
      const tokens = createTokenClient(place)
      while (!isOver) {
        const outcome = await call(tokens).catch(() => 'noToken' as const)
        requests.push({ at: Date.now(), outcome })
        await sleep(betweenMs)
      }
    }
    const load = Promise.all(Array.from({ length: callers }, caller))
    await sleep(2_000)
    await operator.rotate(secretArn, 'revoke')
    await operator.rotate(secretArn, 'settle')
    await sleep(afterMs)
    isOver = true
    await load
    // The list's time is the end of the second in which it was proven.
    return { requests, from: 1000 * ((await revocations.notBefore(clientId)) ?? 0) }
  } finally {
    operator.secretsManager.destroy()
    await laptop.close()
  }
}

export const benchAfterRevoke: Bench = async ({ isQuick }) => {
  const load = isQuick ? quickLoad : fullLoad
  const directory = await mkdtemp(join(tmpdir(), 'm2m-revoked-'))
  try {
    for (const [part, handler] of deployed) {
      const source = fileURLToPath(new URL(`../lambda/handlers/${handler}.ts`, import.meta.url))
      await bundleFunction(source, join(directory, part), { isForLaptop: true })
    }
    const { requests, from } = await play(directory, load)
    if (from === 0) throw new Error('The list of revocations does not name the client.')
    const failures = requests.filter(
      ({ at, outcome }) => at >= from && (outcome === 'refused' || outcome === 'noToken'),
    ).length
    const count = (some: readonly Request[], outcome: Request['outcome']): string =>
      integer(some.filter((request) => request.outcome === outcome).length)
    const rowOf = (name: string, some: readonly Request[]): readonly string[] => [
      name,
      integer(some.length),
      count(some, 'passed'),
      count(some, 'passedAfterForget'),
      count(some, 'refused'),
      count(some, 'noToken'),
    ]
    return {
      tables: [
        {
          title: `Requests of ${load.callers} callers who follow the recipe, their client revoked under them`,
          columns: [
            'when',
            'requests',
            'passed',
            'passed at the second try, after `forget`',
            'refused',
            'without a token',
          ],
          rows: [
            rowOf(
              'before the revoke, and to a second after its proof',
              requests.filter(({ at }) => at < from),
            ),
            rowOf(
              'from a second after the proof',
              requests.filter(({ at }) => at >= from),
            ),
          ],
          notes: [
            'The goal is 0 refused, and 0 without a token, from a second after the proof. Services read the list every second.',
          ],
        },
      ],
      // Of what must not be, one more than there was: the gate lets nothing through.
      ratios: { 'revoked: failures from a second after the proof, and one': 1 + failures },
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

if (import.meta.main) await runAlone(benchAfterRevoke)
