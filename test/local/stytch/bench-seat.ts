// What every test of the Stytch stand-in sits on: one world, one listening stand-in, and requests without any SDK, so that a
// test sees the bytes a consumer sees. Called by the suites of this folder and by nobody else.
import { afterAll, beforeEach } from 'vitest'
import { createWorld, type World } from '../../../lambda/local/stand-in/world.ts'
import type { StytchSettings } from '../../../lambda/local/stytch/settings.ts'
import type { StytchStandIn } from '../../../lambda/local/stytch/stand-in-api.ts'
import { createStytchStandIn } from '../../../lambda/local/stytch/stytch-stand-in.ts'
import type { WorkspaceKey } from '../../../lambda/local/stytch/workspace.ts'

export const PROJECT_ID = 'project-test-11111111-1111-4111-8111-111111111111'
export const PROJECT_SECRET = 'secret-test-canary-project-secret-000000000='
export const WORKSPACE_KEY: WorkspaceKey = {
  keyId: 'workspace-key-prod-22222222-2222-4222-8222-222222222222',
  keySecret: 'canary-workspace-key-secret-0000000000000000',
}

/** Of a test project's one environment, as the stand-in calls it. */
export const SECRETS_PATH = '/pwa/v3/projects/stand-in/environments/test/secrets'

export type Json = Record<string, unknown>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Json
}

export interface Ask {
  readonly method?: string
  readonly json?: unknown
  readonly text?: string
  readonly form?: Record<string, string>
  readonly headers?: Record<string, string>
  /** null = no Authorization header. Default: the project's credentials. */
  readonly basic?: readonly [string, string] | null
}

export interface Seat {
  readonly world: World
  readonly stytch: StytchStandIn
  readonly origin: string
  ask(path: string, ask?: Ask): Promise<Answer>
  /** A token request without project credentials. */
  token(fields: Record<string, string>, ask?: Ask): Promise<Answer>
  /** A Management API request about the project's secrets, by workspace key. */
  secrets(path?: string, ask?: Ask): Promise<Answer>
  control(name: string, body?: unknown): Promise<Answer>
  leave(): Promise<void>
}

export const basicHeader = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

const parse = (text: string): Json => {
  try {
    return JSON.parse(text) as Json
  } catch {
    return {}
  }
}

export interface SeatInput {
  readonly projectId?: string
  readonly settings?: Partial<StytchSettings>
  /** @default - stands still where it began: a delay of two seconds must not be over because the machine is busy */
  readonly realNow?: () => number
}

export const takeSeat = async ({ projectId = PROJECT_ID, settings = {}, realNow }: SeatInput = {}): Promise<Seat> => {
  const begunAt = Date.now()
  const world = createWorld(realNow ?? (() => begunAt))
  const stytch = createStytchStandIn({
    world,
    projectId,
    projectSecret: PROJECT_SECRET,
    workspaceKey: WORKSPACE_KEY,
    settings,
  })
  const origin = await stytch.server.listen(0)

  const ask: Seat['ask'] = async (path, { method, json, text, form, headers = {}, basic } = {}) => {
    const pair = basic === undefined ? ([projectId, PROJECT_SECRET] as const) : basic
    const body = form ? new URLSearchParams(form).toString() : json === undefined ? text : JSON.stringify(json)
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json'
    const response = await fetch(origin + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(body === undefined ? {} : { 'content-type': type }),
        ...(pair === null ? {} : { authorization: basicHeader(...pair) }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
    const received = await response.text()
    return { status: response.status, headers: response.headers, text: received, json: parse(received) }
  }

  return {
    world,
    stytch,
    origin,
    ask,
    token: (fields, more = {}) =>
      ask(`/v1/public/${projectId}/oauth2/token`, {
        basic: null,
        form: { grant_type: 'client_credentials', ...fields },
        ...more,
      }),
    secrets: (path = '', more = {}) =>
      ask(`${SECRETS_PATH}${path}`, { basic: [WORKSPACE_KEY.keyId, WORKSPACE_KEY.keySecret], ...more }),
    control: (name, body) => ask(`/_stand-in/${name}`, { basic: null, ...(body === undefined ? {} : { json: body }) }),
    leave: () => stytch.server.close(),
  }
}

/** One seat for all tests of a file, its world as new before each. Called at the top of the file. */
export const useSeat = async (input: SeatInput = {}): Promise<Seat> => {
  const seat = await takeSeat(input)
  beforeEach(() => seat.world.reset())
  afterAll(() => seat.leave())
  return seat
}

/** The m2m_client of a reply. */
export const clientOf = (answer: Answer): Json => answer.json.m2m_client as Json

export const rotatePath = (clientId: string, step: '' | '/start' | '/cancel'): string =>
  `/v1/m2m/clients/${encodeURIComponent(clientId)}/secrets/rotate${step}`

/** The refusal of work that must not succeed. */
export const caught = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('expected a refusal')
}
