// The Management API over raw HTTP, shape by documented shape (Stytch's SDK for it is not on the npm registry): who may ask, the
// project's secrets, and what each of them is worth at the consumer API.
import { describe, expect, it } from 'vitest'
import { type Answer, type Json, PROJECT_ID, PROJECT_SECRET, takeSeat, useSeat, WORKSPACE_KEY } from './bench-seat.ts'

const NOW = 1_800_000_000_400

const seat = await useSeat({ realNow: () => NOW })

interface Created {
  readonly id: string
  readonly secret: string
}

const create = async (): Promise<Created> => {
  const { secret_id: id, secret } = (await seat.secrets('', { json: {} })).json.secret as Record<string, string>
  return { id: String(id), secret: String(secret) }
}
const list = async (): Promise<Json[]> => (await seat.secrets()).json.secrets as Json[]
const get = async (id: string): Promise<Json> => (await seat.secrets(`/${id}`)).json.secret as Json
const remove = (id: string): Promise<Answer> => seat.secrets(`/${id}`, { method: 'DELETE', json: {} })
const whoami = async (secret: string): Promise<number> =>
  (await seat.ask('/v1/debug/whoami', { basic: [PROJECT_ID, secret] })).status
const errorType = ({ status, json }: Answer) => [status, json.status_code, json.error_type]

describe('who may ask', () => {
  it.each([
    ['nobody', null],
    ['the project secret', [PROJECT_ID, PROJECT_SECRET]],
    ['a wrong key secret', [WORKSPACE_KEY.keyId, 'wrong']],
    ['an unknown key', ['workspace-key-prod-none', WORKSPACE_KEY.keySecret]],
  ] as const)('%s is refused and has no effect', async (_case, basic) => {
    const refused = await seat.secrets('', { json: {}, basic })

    expect(errorType(refused)).toEqual([401, 401, 'unauthorized_credentials'])
    expect(seat.stytch.projectSecrets.list()).toHaveLength(1)
  })

  it('a workspace key opens nothing of the consumer API', async () => {
    const refused = await seat.ask('/v1/debug/whoami', { basic: [WORKSPACE_KEY.keyId, WORKSPACE_KEY.keySecret] })

    expect(errorType(refused)).toEqual([401, 401, 'unauthorized_credentials'])
  })

  it('keys are made and removed at the dashboard; a removed one is refused at once', async () => {
    const { dashboard } = seat.stytch.workspace
    const added = dashboard.addKey()
    const asAdded = { basic: [added.keyId, added.keySecret] } as const

    const both = [await seat.secrets(), await seat.secrets('', asAdded)]
    dashboard.removeKey(WORKSPACE_KEY.keyId)
    const one = [await seat.secrets(), await seat.secrets('', asAdded)]

    expect(added.keyId).toMatch(/^workspace-key-prod-[0-9a-f-]{36}$/)
    expect([both, one].map((answers) => answers.map(({ status }) => status))).toEqual([
      [200, 200],
      [401, 200],
    ])
    expect(seat.stytch.workspace.key).toEqual(WORKSPACE_KEY)
  })
})

describe('the way to a project’s secrets', () => {
  it('leads from the project id over the slugs', async () => {
    const basic = [WORKSPACE_KEY.keyId, WORKSPACE_KEY.keySecret] as const

    const projects = await seat.ask('/pwa/v3/projects', { basic })
    const [project] = projects.json.projects as Json[]
    const environments = await seat.ask(`/pwa/v3/projects/${project?.project_slug}/environments`, { basic })
    const [environment] = environments.json.environments as Json[]

    expect(projects.json).toMatchObject({ status_code: 200, request_id: expect.any(String) })
    expect(environment).toMatchObject({ environment_slug: 'test', project_id: PROJECT_ID, type: 'TEST' })
    expect(seat.stytch.workspace.slugs).toEqual({ projectSlug: 'stand-in', environmentSlug: 'test' })
  })

  it.each([
    ['/pwa/v3/projects/other/environments/test/secrets', 'project_not_found'],
    ['/pwa/v3/projects/stand-in/environments/other/secrets', 'environment_not_found'],
    ['/pwa/v3/projects/other/environments', 'project_not_found'],
    ['/pwa/v3/projects/stand-in/environments/test/other', 'route_not_found'],
    ['/v1/projects/stand-in/secrets', 'route_not_found'],
  ])('%s is %s', async (path, type) => {
    const refused = await seat.ask(path, { basic: [WORKSPACE_KEY.keyId, WORKSPACE_KEY.keySecret] })

    expect(errorType(refused)).toEqual([404, 404, type])
  })

  it('a live project has a production environment', async () => {
    const live = await takeSeat({ projectId: 'project-live-22222222-2222-4222-8222-222222222222' })

    const made = await live.ask('/pwa/v3/projects/stand-in/environments/production/secrets', {
      basic: [WORKSPACE_KEY.keyId, WORKSPACE_KEY.keySecret],
      json: {},
    })

    expect((made.json.secret as Json).secret).toMatch(/^secret-live-/)
    await live.leave()
  })
})

describe('project secrets', () => {
  it('are one at first: the one the project was made with, never shown', async () => {
    const secrets = await list()

    expect(secrets).toEqual([
      { secret_id: expect.any(String), last_four: PROJECT_SECRET.slice(-4), created_at: '2027-01-15T08:00:00Z' },
    ])
  })

  it('create shows the value once, with or without a body; get and list show its last four', async () => {
    const created = await seat.secrets('', { method: 'POST' })
    const { secret_id: id, secret, created_at: createdAt } = created.json.secret as Record<string, string>

    const got = await seat.secrets(`/${id}`)
    const all = await seat.secrets()

    expect(created.json).toEqual({
      status_code: 200,
      request_id: expect.stringMatching(/^request-id-test-/),
      secret: {
        secret_id: id,
        secret: expect.stringMatching(/^secret-test-[A-Za-z0-9_-]{35}=$/),
        created_at: createdAt,
      },
    })
    expect(got.json.secret).toEqual({ secret_id: id, last_four: String(secret).slice(-4), created_at: createdAt })
    expect((all.json.secrets as Json[])[1]).toEqual(got.json.secret)
    expect(got.text + all.text).not.toContain(secret)
  })

  it('are all taken at once, and a deleted one is refused at once', async () => {
    const { id, secret } = await create()

    const both = [await whoami(PROJECT_SECRET), await whoami(secret)]
    const deleted = await remove(id)
    const one = [await whoami(PROJECT_SECRET), await whoami(secret)]

    expect([both, one]).toEqual([
      [200, 200],
      [200, 401],
    ])
    expect(deleted.json).toEqual({ status_code: 200, request_id: expect.any(String) })
  })

  it('a new one opens everything that the first one opens, and the first may go', async () => {
    const [first] = await list()
    const { secret } = await create()

    const deleted = await remove(String(first?.secret_id))
    const made = await seat.ask('/v1/m2m/clients', { json: { scopes: [] }, basic: [PROJECT_ID, secret] })
    const refused = await seat.ask('/v1/m2m/clients', { json: { scopes: [] } })

    expect([deleted.status, made.status, refused.status]).toEqual([200, 200, 401])
    expect(seat.stytch.projectSecret).toBe(PROJECT_SECRET)
    expect(seat.stytch.projectSecrets.accepts(PROJECT_SECRET)).toBe(false)
  })

  it('are deleted once: an unknown or deleted id is not found', async () => {
    const { id } = await create()
    await remove(id)

    const answers = [await remove(id), await seat.secrets(`/${id}`), await remove('secret-does-not-exist')]

    expect(answers.map(errorType)).toEqual(Array(3).fill([404, 404, 'secret_not_found']))
  })

  it('are 50 at most', async () => {
    for (let count = 1; count < 50; count++) seat.stytch.projectSecrets.dashboard.create()

    const refused = await seat.secrets('', { json: {} })

    expect(errorType(refused)).toEqual([400, 400, 'too_many_secrets'])
    expect(await list()).toHaveLength(50)
  })

  it('may all be deleted, as nothing documented forbids it', async () => {
    const [first] = await list()

    const deleted = await remove(String(first?.secret_id))

    expect(deleted.status).toBe(200)
    expect(await list()).toEqual([])
    expect(await whoami(PROJECT_SECRET)).toBe(401)
  })

  it('in-process: seen, made and deleted without a call', () => {
    const { list: seen, accepts, dashboard } = seat.stytch.projectSecrets
    const [first] = seen()
    seat.stytch.forceLastFour('AbC_')

    const { secretId, secret } = dashboard.create()
    const during = [accepts(PROJECT_SECRET), accepts(secret), seen().map(({ lastFour }) => lastFour)]
    dashboard.remove(String(first?.secretId))

    expect(during).toEqual([true, true, [PROJECT_SECRET.slice(-4), 'AbC_']])
    expect([accepts(PROJECT_SECRET), accepts(secret)]).toEqual([false, true])
    expect(seen()).toEqual([{ secretId, lastFour: 'AbC_', createdAt: NOW - 400, usedAt: undefined }])
    expect(() => dashboard.remove('none')).toThrow('could not be found')
    expect(seat.stytch.server.calls()).toEqual([])
  })

  it('a reset brings back the first one, unused, and the first key', async () => {
    const { secret } = await create()
    await whoami(PROJECT_SECRET)
    seat.stytch.workspace.dashboard.removeKey(WORKSPACE_KEY.keyId)

    seat.world.reset()

    expect(await list()).toMatchObject([{ last_four: PROJECT_SECRET.slice(-4) }])
    expect((await list())[0]).not.toHaveProperty('used_at')
    expect(await whoami(secret)).toBe(401)
  })
})

describe('used_at', () => {
  it('tells the last accepted use, in whole seconds, of the secret that was used and of no other', async () => {
    const { id, secret } = await create()
    await whoami(secret)
    seat.world.clock.advance(10_000)
    await seat.ask('/v1/m2m/clients/none', { basic: [PROJECT_ID, secret] })

    const used = await get(id)
    const [first] = await list()

    expect(used.used_at).toBe('2027-01-15T08:00:10Z')
    expect(first).not.toHaveProperty('used_at')
    expect(seat.stytch.projectSecrets.list()[1]?.usedAt).toBe(NOW - 400 + 10_000)
  })

  it('counts neither a refused call nor one of the Management API', async () => {
    const { id, secret } = await create()
    await seat.ask('/v1/debug/whoami', { basic: ['project-test-other', secret] })
    await whoami(`${secret}x`)
    await seat.secrets('', { basic: [PROJECT_ID, secret] })

    expect(await get(id)).not.toHaveProperty('used_at')
  })

  it('usedAtLagMs: a use shows that much later, and until then the one before it', async () => {
    seat.stytch.configure({ usedAtLagMs: 60_000 })
    const { id, secret } = await create()
    const seen: unknown[] = []
    const look = async (): Promise<void> => {
      seen.push((await get(id)).used_at)
    }
    await whoami(secret)
    await look()
    seat.world.clock.advance(30_000)
    await whoami(secret)
    await look()
    seat.world.clock.advance(30_000)
    await look()
    seat.world.clock.advance(30_000)
    await look()

    expect(seen).toEqual([undefined, undefined, '2027-01-15T08:00:00Z', '2027-01-15T08:00:30Z'])
  })

  it('usedAtGranularityMs: is rounded down, so a use can look older than a switch that came before it', async () => {
    seat.stytch.configure({ usedAtGranularityMs: 3_600_000 })
    const { id, secret } = await create()
    seat.world.clock.advance(3_500_000)
    await whoami(secret)

    const coarse = (await get(id)).used_at
    seat.stytch.configure({ usedAtGranularityMs: 1 })
    seat.world.clock.advance(1)
    await whoami(secret)

    expect(coarse).toBe('2027-01-15T08:00:00Z')
    expect((await get(id)).used_at).toBe('2027-01-15T08:58:20.401Z')
  })

  it.each([
    ['absent', {}],
    ['null', { used_at: null }],
    ['zero', { used_at: '0001-01-01T00:00:00Z' }],
  ] as const)('neverUsedAt %s', async (neverUsedAt, shown) => {
    seat.stytch.configure({ neverUsedAt })

    const [first] = await list()

    expect(first).toEqual({
      secret_id: expect.any(String),
      last_four: expect.any(String),
      created_at: expect.any(String),
      ...shown,
    })
  })
})

describe('settings', () => {
  it('deletedProjectSecretDelayMs and newProjectSecretDelayMs: both ends may lag', async () => {
    seat.stytch.configure({ deletedProjectSecretDelayMs: 5000, newProjectSecretDelayMs: 2000 })
    const { id, secret } = await create()

    const early = await whoami(secret)
    seat.world.clock.advance(2000)
    const taken = await whoami(secret)
    await remove(id)
    const lingering = await whoami(secret)
    seat.world.clock.advance(5000)
    const late = await whoami(secret)

    expect([early, taken, lingering, late]).toEqual([401, 200, 200, 401])
  })

  it('lastProjectSecretMayBeDeleted: off keeps the last one', async () => {
    seat.stytch.configure({ lastProjectSecretMayBeDeleted: false })
    const [first] = await list()
    const { id } = await create()

    const [last, other] = [await remove(id), await remove(String(first?.secret_id))]

    expect([last.status, other.status, other.json.error_type]).toEqual([200, 400, 'bad_request'])
    expect(await whoami(PROJECT_SECRET)).toBe(200)
  })

  it('statuses, the limit and the rate limit, as set', async () => {
    seat.stytch.configure({ createStatus: 201, projectSecretNotFoundStatus: 400, maxProjectSecrets: 2 })
    const created = await seat.secrets('', { json: {} })
    const tooMany = await seat.secrets('', { json: {} })
    const notFound = await remove('none')
    seat.stytch.configure({ rateLimitManagementCalls: 0, rateLimitRetryAfterSeconds: 3 })
    const limited = await seat.secrets()

    expect([created.status, created.json.status_code]).toEqual([201, 201])
    expect(errorType(tooMany)).toEqual([400, 400, 'too_many_secrets'])
    expect(errorType(notFound)).toEqual([400, 400, 'secret_not_found'])
    expect([limited.status, limited.headers.get('retry-after'), await whoami(PROJECT_SECRET)]).toEqual([429, '3', 200])
  })
})

describe('faults and memory', () => {
  it('a dropped reply to create leaves a secret that nobody knows, and that the list shows', async () => {
    seat.stytch.server.faults.add({ op: 'CreateProjectSecret', kind: 'drop_reply' })

    const lost = seat.secrets('', { json: {} })

    await expect(lost).rejects.toThrow('fetch failed')
    expect(await list()).toHaveLength(2)
  })

  it('a planned 404 is Stytch’s', async () => {
    seat.stytch.server.faults.add({ op: 'DeleteProjectSecret', kind: 'error', status: 404 })

    const failed = await remove('any')

    expect(errorType(failed)).toEqual([404, 404, 'secret_not_found'])
  })

  it('names each call and the id it is about, never a value, not even one put in the id’s place', async () => {
    const { id, secret } = await create()
    await list()
    await get(id)
    await seat.secrets(`/${secret}`)
    await remove(id)
    await remove(id)

    const calls = seat.stytch.server.calls()
    const listed = await seat.control('project-secrets')
    const remembered = listed.text + (await seat.control('calls')).text
    expect(calls.map(({ op, subject, status }) => [op, subject === id ? 'id' : subject, status])).toEqual([
      ['CreateProjectSecret', null, 200],
      ['ListProjectSecrets', null, 200],
      ['GetProjectSecret', 'id', 200],
      ['GetProjectSecret', null, 404],
      ['DeleteProjectSecret', 'id', 200],
      ['DeleteProjectSecret', 'id', 404],
    ])
    expect(listed.json.secrets).toMatchObject([{ last_four: PROJECT_SECRET.slice(-4) }])
    const hiding = [secret, PROJECT_SECRET, WORKSPACE_KEY.keySecret]
    expect(hiding.filter((value) => remembered.includes(value))).toEqual([])
  })
})
