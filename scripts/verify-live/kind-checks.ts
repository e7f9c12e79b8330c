// Connected Apps and SCIM connections, where the project has them: what their rotation calls answer. A project without them is no fault of
// anybody's; the page says that they were not checked.
import type { JsonObject } from '../../lambda/core/base/json-object.ts'
import { CheckBrokeOff, type CheckGroup } from './finding.ts'
import { brief, isObject, type StytchAnswer } from './stytch-calls.ts'
import type { StytchChecks } from './stytch-checks.ts'

type Found = Parameters<CheckGroup['run']>[0]

export interface KindChecks extends StytchChecks {
  /** `<organization id>/<connection id>`. */
  readonly scimConnection: string | undefined
}

const APP = 'rotating a Connected App'
const SCIM = 'rotating a SCIM connection'
const STEPS = 'start 200, start again refused, complete 200, complete again refused, cancel 200'

const partOf = ({ body }: StytchAnswer, name: string): JsonObject => {
  const part = body[name]
  return isObject(part) ? part : {}
}

const said = (what: string, answer: StytchAnswer): string =>
  `${what} ${answer.error === '' ? answer.status : 'refused'}`

interface RotationCalls {
  start(): Promise<StytchAnswer>
  complete(): Promise<StytchAnswer>
  cancel(): Promise<StytchAnswer>
}

/** Both slots and their end, once round, and a second start that is cancelled. */
const round = async ({ start, complete, cancel }: RotationCalls): Promise<string> => {
  const steps = [said('start', await start()), said('start again', await start()), said('complete', await complete())]
  steps.push(said('complete again', await complete()))
  await start()
  return [...steps, said('cancel', await cancel())].join(', ')
}

const connectedApps = async ({ run, calls }: KindChecks, found: Found): Promise<void> => {
  const area = '/v1/connected_apps/clients'
  const name = `${run.prefix}app`
  let id: string | undefined
  const leftover = {
    what: `Connected App ${name}`,
    remove: async () => {
      const { apps } = id === undefined ? await calls.named(run.prefix) : { apps: [id] }
      for (const app of apps) await calls.discardApp(app)
    },
  }
  const created = await run.make(leftover, () =>
    calls.asProject('POST', area, {
      client_type: 'first_party',
      client_name: name,
      redirect_urls: ['https://example.com/callback'],
      full_access_allowed: false,
    }),
  )
  const { client_id: clientId } = partOf(created, 'connected_app')
  if (created.error !== '' || typeof clientId !== 'string') {
    const why = `not checked: the project makes none (${brief(created)})`
    return found({ check: APP, expected: STEPS, seen: undefined, why })
  }
  id = clientId
  const at = `${area}/${encodeURIComponent(clientId)}/secrets/rotate`
  const seen = await round({
    start: () => calls.asProject('POST', `${at}/start`, {}),
    complete: () => calls.asProject('POST', at, {}),
    cancel: () => calls.asProject('POST', `${at}/cancel`, {}),
  })
  found({ check: APP, expected: STEPS, seen })
}

/** Of a connection that is named by whoever runs it: its organization's identity provider would have to be told of a new token. */
const scim = async ({ calls, scimConnection, expected }: KindChecks, found: Found): Promise<void> => {
  const mayStartAgain = expected.scimStartWhileRotating === 'replaced'
  const wanted = STEPS.replace('start again refused', mayStartAgain ? 'start again 200' : 'start again refused')
  if (scimConnection === undefined) {
    const why = 'not checked: no connection was named (VERIFY_LIVE_SCIM_CONNECTION)'
    return found({ check: SCIM, expected: wanted, seen: undefined, why, setting: 'scimStartWhileRotating' })
  }
  const [organization = '', connection = ''] = scimConnection.split('/')
  const at = `/v1/b2b/scim/${encodeURIComponent(organization)}/connection/${encodeURIComponent(connection)}/rotate`
  const first = await calls.asProject('POST', `${at}/cancel`, {})
  if (first.status === 404) throw new CheckBrokeOff(`the connection is not there (${brief(first)})`)
  const seen = await round({
    start: () => calls.asProject('POST', `${at}/start`, {}),
    complete: () => calls.asProject('POST', `${at}/complete`, {}),
    cancel: () => calls.asProject('POST', `${at}/cancel`, {}),
  })
  found({
    check: SCIM,
    expected: wanted,
    seen,
    setting: 'scimStartWhileRotating',
    set: seen.includes('start again 200') ? 'replaced' : 'refused',
  })
}

export const kindGroups = (checks: KindChecks): readonly CheckGroup[] => [
  { name: 'Connected Apps', service: 'Stytch', run: (found) => connectedApps(checks, found) },
  { name: 'SCIM connections', service: 'Stytch', run: (found) => scim(checks, found) },
]
