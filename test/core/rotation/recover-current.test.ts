// What a revoke takes AWSCURRENT for, decision by decision: whose it is, which value it holds, and in which text the new value is to stand. Whole
// revokes are in unreadable-current.test.ts.
import { describe, expect, test } from 'vitest'
import { readPastVersions, recoverCurrent } from '../../../lambda/core/rotation/recover-current.ts'
import type { Rotation, Version } from '../../../lambda/core/rotation/rotation.ts'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import type { Origin } from '../../../lambda/core/secret/request-token.ts'
import { slotForm } from '../../../lambda/core/secret/slot-forms.ts'
import { PROJECT_ID } from '../../fakes/fake-issuer.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createKeptRecords } from '../../fakes/kept-records.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed } from '../../fakes/world.ts'
import { BY_HAND } from './step-seat.ts'

const OTHER_CLIENT = 'm2m-client-test-billing'
const OTHER_ARN = SECRET_ARN.replace('orders', 'billing')
const FAR_URL = 'https://test.stytch.com/v1/public/of-the-text/oauth2/token'

interface Place {
  /** undefined: the version holds nothing. */
  readonly text?: string
  readonly slots?: readonly [current: string, next: string | null]
  readonly origin?: Origin
  /** Of the version that was registered. */
  readonly before?: string
  /** Of one more, unlabelled. */
  readonly alsoBefore?: string
  readonly tag?: string
  readonly rotation?: Partial<Rotation>
}

/** The value that was registered is A; whoever reads this secret now finds what somebody stored. */
const placeOf = async ({
  text,
  slots,
  origin = 'rotate',
  before,
  alsoBefore,
  tag = CLIENT_ID,
  rotation = {},
}: Place) => {
  const world = createRegisteredWorld()
  const [past] = world.secrets.versions.values()
  if (past !== undefined && before !== undefined) past.text = before
  if (alsoBefore !== undefined) world.secrets.place('older-00000000000000000000000000000000', { text: alsoBefore })
  world.secrets.place(BY_HAND, { ...(text === undefined ? {} : { text }), labels: ['AWSCURRENT'] })
  world.secrets.tags = { 'm2m:client-id': tag }
  if (slots !== undefined) Object.assign(world.client(), { current: slots[0], next: slots[1] })
  Object.assign(world.rotation, rotation)
  const state = await world.secrets.describe(SECRET_ARN)
  if (state === undefined) throw new Error('there is no secret')
  const guarded = {
    state,
    currentId: BY_HAND,
    currentOrigin: origin,
    previousId: undefined,
    switched: { versionId: BY_HAND, origin },
    isFinished: false,
    isPending: true,
  }
  const request = {
    step: 'createSecret',
    secretId: SECRET_ARN,
    requestToken: tokenOf('revoke'),
    beganAt: world.timing.now(),
  } as const
  const recover = (read?: Version) => recoverCurrent(world.rotation, request, { guarded, read })
  return { world, guarded, request, recover }
}

const recovered = async (place: Place) => {
  const { world, recover } = await placeOf(place)
  const result = await recover()
  if (!result.ok) throw new Error(result.refusal.reason)
  const { secret, isUnknown = false, ...version } = result.value
  const [entry] = world.journal.entries
  return { world, version, secret, entry, mark: secret.clientSecret.mark, isUnknown, text: secret.source?.reveal() }
}

const read = (clientId: string): Version => ({
  versionId: BY_HAND,
  arn: SECRET_ARN,
  createdAt: 0,
  secret: {
    clientId,
    clientSecret: createClientSecret(valueNamed('A')),
    projectId: PROJECT_ID,
    issuedAt: 0,
    fields: {},
  },
})

describe('versions of before', () => {
  test('are all but AWSCURRENT’s and the rotation’s own, newest first', async () => {
    const { world, guarded, request } = await placeOf({ text: textOf(valueNamed('C')) })
    const [registered = ''] = world.secrets.versions.keys()
    world.secrets.place('older-00000000000000000000000000000000', { text: textOf(valueNamed('B')) })
    world.secrets.place('broken-0000000000000000000000000000000', { text: '{}' })
    world.secrets.place(request.requestToken, { text: textOf(valueNamed('P')) })

    const past = await readPastVersions(world.rotation, request, guarded)

    expect(past.map(({ versionId }) => versionId)).toEqual(['older-00000000000000000000000000000000', registered])
  })

  test('are read ten at most', async () => {
    const { world, guarded, request } = await placeOf({ text: '{}' })
    for (let count = 10; count < 30; count += 1) {
      world.secrets.place(`older-${count}-000000000000000000000000000000`, { text: textOf(valueNamed('B')) })
    }
    world.log.clear()

    expect(await readPastVersions(world.rotation, request, guarded)).toHaveLength(10)
    expect(world.log.names().filter((name) => name === 'secrets.readValue')).toHaveLength(10)
  })
})

describe('whose it is', () => {
  test('is said by Stytch alone, of the clients that tag, past and text name', async () => {
    const text = JSON.stringify({ client_id: OTHER_CLIENT, client_secret: valueNamed('O') })
    const { world, recover } = await placeOf({ text, tag: 'm2m-client-test-nobody' })
    world.client().boundTo = OTHER_ARN
    world.issuer.clients.set(OTHER_CLIENT, { ...world.client(), boundTo: SECRET_ARN })

    expect(await recover()).toMatchObject({ ok: true, value: { secret: { clientId: OTHER_CLIENT } } })
    expect(world.log.calls.filter(({ name }) => name === 'look').map(({ about }) => about)).toEqual([
      'm2m-client-test-nobody',
      CLIENT_ID,
      OTHER_CLIENT,
    ])
  })

  test.each([[undefined], [() => false]])(
    'is not known where the issuer keeps no such thing: %s',
    async (keepsBinding) => {
      const { world, recover } = await placeOf({ text: '{}' })
      Object.assign(world.rotation.issuer, { keepsBinding })

      expect(await recover()).toEqual({ ok: false, refusal: { reason: 'holderUnproven' } })
      expect(world.log.names()).not.toContain('issuer.look')
    },
  )

  test.each([
    ['no client is this secret’s', OTHER_ARN, CLIENT_ID],
    ['that client is this secret’s', SECRET_ARN, CLIENT_ID],
  ])('leaves a value that was read as it is where %s', async (_, boundTo, clientId) => {
    const { world, recover } = await placeOf({ text: textOf(valueNamed('A')) })
    world.client().boundTo = boundTo
    const given = read(clientId)
    const result = await recover(given)

    expect(result.ok && result.value).toBe(given)
    expect(world.journal.entries).toEqual([])
  })

  test('takes the place of what was read where that is of another client', async () => {
    const { recover } = await placeOf({ text: textOf(valueNamed('O'), { client_id: OTHER_CLIENT }) })

    expect(await recover(read(OTHER_CLIENT))).toMatchObject({ ok: true, value: { secret: { clientId: CLIENT_ID } } })
  })
})

const HELD = 'canary-held-HELD'
const NEXT = 'canary-next-NEXT'
const pair = (clientId: string, value: string) => JSON.stringify({ clientId, clientSecret: value })
const records = (...known: readonly (readonly [versionId: string, lastFour: string])[]): Partial<Rotation> => {
  const kept = createKeptRecords()
  for (const [versionId, lastFour] of known) kept.known.set(versionId, { versionId, lastFour })
  return { records: kept }
}

describe('the value', () => {
  test.each<[what: string, place: Place, value: string]>([
    ['as the text says, beside no id', { text: '{"client_secret":"canary-gone-GONE"}' }, 'canary-gone-GONE'],
    ['as the text says, beside the client’s id', { text: pair(CLIENT_ID, 'canary-gone-GONE') }, 'canary-gone-GONE'],
    ['the only word in a slot', { text: `[["${HELD}", "canary-more-MORE"]]`, slots: [HELD, null] }, HELD],
    ['the only word, twice', { text: `[["${NEXT}", "${NEXT}"]]`, slots: [HELD, NEXT] }, NEXT],
    [
      'a word of its own beside another client’s',
      { text: `${pair(OTHER_CLIENT, 'canary-others-oooo').slice(0, -1)},"note":"${HELD}"}`, slots: [HELD, null] },
      HELD,
    ],
  ])('is known and no guess: %s', async (_, place, value) => {
    const { secret, isUnknown, entry } = await recovered({ ...place, rotation: records([BY_HAND, 'RECO']) })

    expect([secret.clientSecret.reveal(), isUnknown]).toEqual([value, false])
    expect(entry).toMatchObject({ outcome: 'recovered', clientId: CLIENT_ID, guessed: false })
  })

  const two = `[["${HELD}", "${NEXT}"]]`
  test.each<[what: string, place: Place, mark: string, guessed: boolean]>([
    ['as recorded', { rotation: records(['of-another-version', 'MORE'], [BY_HAND, 'RECO']) }, 'RECO', false],
    [
      'as recorded, where two words end like slots',
      { text: two, slots: [HELD, NEXT], rotation: records([BY_HAND, 'RECO']) },
      'RECO',
      false,
    ],
    [
      'not as recorded, where the text is another client’s',
      { text: pair(OTHER_CLIENT, 'canary-others-oooo'), slots: [HELD, null], rotation: records([BY_HAND, 'RECO']) },
      'HELD',
      false,
    ],
    [
      'in the only slot, whatever another version’s record says',
      { slots: [HELD, null], rotation: records(['of-another-version', 'MORE']) },
      'HELD',
      false,
    ],
    ['in the only slot, after a rotation', { slots: [HELD, null], origin: 'rotate' }, 'HELD', false],
    ['in the only slot, after a settle', { slots: [HELD, null], origin: 'settle' }, 'HELD', false],
    [
      'in current, where next holds an older value',
      { slots: [HELD, valueNamed('A')], origin: 'rotate' },
      'HELD',
      false,
    ],
    [
      'in next, where current holds an older value',
      { slots: [valueNamed('A'), NEXT], origin: 'settle' },
      'NEXT',
      false,
    ],
    [
      'in current, where next holds one of several older values',
      { slots: [HELD, valueNamed('A')], origin: 'rotate', alsoBefore: textOf(valueNamed('B')) },
      'HELD',
      false,
    ],
    ['in next, where a rotation leaves it', { slots: [HELD, NEXT], origin: 'rotate' }, 'NEXT', true],
    ['in next, where a revoke leaves it', { slots: [HELD, NEXT], origin: 'revoke' }, 'NEXT', true],
    ['in current, where a settle leaves it', { slots: [HELD, NEXT], origin: 'settle' }, 'HELD', true],
    ['in current, where it was registered', { slots: [HELD, NEXT], origin: 'register' }, 'HELD', true],
  ])('is known by how it ends alone: %s', async (_, place, mark, guessed) => {
    const found = await recovered({ text: '{}', ...place })

    expect([found.mark, found.isUnknown, found.entry?.guessed]).toEqual([mark, true, guessed])
  })
})

describe('the text that the new value is to stand in', () => {
  // Base64 of what is no multiple of three characters ends otherwise as soon as more follows.
  const LONG = 'canary-longer-LONG'
  const ofMore = Buffer.from(`${CLIENT_ID}:${LONG}?`).toString('base64')
  const url = `https://test.stytch.com/v1/public/${PROJECT_ID}/oauth2/token`
  const own = { client_id: CLIENT_ID, client_secret: 'value-to-come', project_id: PROJECT_ID, token_url: url }

  test('is the stored one with its own members made right in their places, and without its date', async () => {
    const text = `{"team":"o","token_url":"${FAR_URL}","client_secret":"${HELD}","issued_at":"2020-01-01T00:00:00Z","project_id":"project-live-1","client_id":"${CLIENT_ID}","n":1.0}`
    const found = await recovered({ text })

    expect(found.text).toBe(
      `{"team":"o","token_url":"${FAR_URL}","client_secret":"value-to-come","project_id":"${PROJECT_ID}","client_id":"${CLIENT_ID}","n":1.0}`,
    )
    expect(found.secret.issuedAt).toBe(0)
  })

  test.each(['clientId', 'CLIENT-SECRET', 'projectId', 'tokenURL', 'issuedAt', 'stytch_client_id'])(
    'keeps no other spelling of its own members: %s, of a value that is known or not',
    async (name) => {
      const known = await recovered({ text: `{"note":"kept","client_secret":"${HELD}","${name}":7}` })
      const unknown = await recovered({ text: `{"note":"kept","${name}":7}` })

      expect(JSON.parse(known.text ?? '')).toEqual({ ...own, note: 'kept' })
      expect(JSON.parse(unknown.text ?? '')).toEqual({ ...own, note: 'kept' })
      expect([known.isUnknown, unknown.isUnknown]).toEqual([false, true])
    },
  )

  test('keeps no field that holds a known value once more, and each other', async () => {
    const text = `{"note":"kept","dsn":"m2m:${HELD}@host","db":{"client_secret":"x"},"client_secret":"${HELD}"}`
    const found = await recovered({ text })

    expect(JSON.parse(found.text ?? '')).toMatchObject({ note: 'kept', db: { client_secret: 'x' } })
    expect(found.text).not.toContain(HELD)
  })

  test('keeps a field that begins as a Basic header of the client would', async () => {
    const found = await recovered({ text: `{"note":"${ofMore.slice(0, 8)}","client_secret":"${LONG}"}` })

    expect(JSON.parse(found.text ?? '')).toMatchObject({ note: ofMore.slice(0, 8) })
  })

  test('keeps no field that may hold a value that is not known, and each other', async () => {
    const found = await recovered({ text: '{"note":"kept","db":{"client_secret":"x"},"list":[{"ClientSecret":"y"}]}' })

    expect(JSON.parse(found.text ?? '')).toEqual({ ...own, note: 'kept' })
  })

  const basic = Buffer.from(`${CLIENT_ID}:${HELD}`).toString('base64')
  test.each<[what: string, place: Place]>([
    ['a known value in a name', { text: `{"note":"lost","client_secret":"${HELD}","${HELD}":1}`, slots: [HELD, null] }],
    [
      'a Basic header',
      { text: `{"note":"lost","client_secret":"${HELD}","auth":"Basic ${basic}"}`, slots: [HELD, null] },
    ],
    [
      'a Basic header of the value and more',
      { text: `{"note":"lost","client_secret":"${LONG}","auth":"Basic ${ofMore}"}`, slots: [LONG, null] },
    ],
    [
      'a known value in a name, escaped',
      { text: `{"note":"lost","client_secret":"${HELD}","\\u0063${HELD.slice(1)}":1}`, slots: [HELD, null] },
    ],
    [
      'words that end like slots, escaped',
      { text: '{"note":"lost","a":"canary-held-HEL\\u0044"}', slots: [HELD, NEXT] },
    ],
    ['words that end like slots', { text: `{"note":"lost","a":"${HELD}","b":"${NEXT}"}`, slots: [HELD, NEXT] }],
    ['no object', { text: `[["${HELD}"]]`, slots: [HELD, null] }],
    ['nothing', {}],
  ])('is the newest that can be read, where the stored one has %s', async (_, place) => {
    const { secret } = await recovered(place)

    expect(secret.fields).toMatchObject({ team: 'orders', client_id: CLIENT_ID })
    expect(secret.fields).not.toHaveProperty('note')
  })

  test('is the newest that can be read, where the stored one is nested too deep to be read', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    const { secret } = await recovered({ text: `{"note":"lost","client_secret":"${HELD}","deep":${deep}}` })

    expect(secret.fields).toMatchObject({ team: 'orders', client_id: CLIENT_ID })
    expect(secret.fields).not.toHaveProperty('note')
  })

  test('is none, where nobody names a token endpoint', async () => {
    const { recover } = await placeOf({ text: '{}', before: '{}', rotation: { tokenUrl: undefined as never } })

    expect(await recover()).toEqual({ ok: false, refusal: { reason: 'holderUnproven' } })
  })

  test('is of this client, where the stored one is of another kind', async () => {
    const text = JSON.stringify({
      organization_id: 'organization-test-1',
      connection_id: 'scim-connection-test-1',
      bearer_token: 'canary-scim-SCIM',
      project_id: PROJECT_ID,
    })
    const { secret } = await recovered({ text, rotation: { form: slotForm } })

    expect([secret.clientId, secret.fields.connection_id]).toEqual([CLIENT_ID, undefined])
  })

  test('is made of its own members alone where no version can be read', async () => {
    const { secret } = await recovered({ text: '[]', before: '{}' })

    expect(Object.keys(secret.fields)).toEqual(['client_id', 'client_secret', 'project_id', 'token_url'])
    expect(secret.fields).toMatchObject({ client_id: CLIENT_ID, project_id: PROJECT_ID, token_url: url })
  })

  const BEFORE_URL = 'https://test.stytch.com/v1/public/of-before/oauth2/token'
  const before = textOf(valueNamed('A'), { token_url: BEFORE_URL })
  test.each<[place: Place, tokenUrl: string]>([
    [{ text: `{"token_url":"${FAR_URL}"}`, before }, FAR_URL],
    [{ text: `{"tokenUrl":"${FAR_URL}"}`, before: '{}' }, FAR_URL],
    [{ text: '{}', before }, BEFORE_URL],
    [{ text: '{}', before: '{}' }, url],
    [{ text: '{}', before: textOf(valueNamed('A'), { client_id: OTHER_CLIENT, token_url: BEFORE_URL }) }, url],
  ])(
    'has the token endpoint of the text, else of the version before, else of the deployment: %j',
    async (place, tokenUrl) => {
      expect((await recovered(place)).secret.fields.token_url).toBe(tokenUrl)
    },
  )
})

describe('the version', () => {
  test('is AWSCURRENT’s own, by its id and date', async () => {
    const { world, version } = await recovered({ text: '{}' })

    const createdAt = world.secrets.versions.get(BY_HAND)?.createdAt
    expect(version).toEqual({ versionId: BY_HAND, arn: SECRET_ARN, createdAt })
    expect(createdAt).not.toBe(world.timing.now())
  })

  test('that holds nothing dates from now, and is said to be empty', async () => {
    const { world, version, entry } = await recovered({})

    expect(version.createdAt).toBe(world.timing.now())
    expect(entry?.faults).toBe('the value is not a JSON object: it is empty')
  })

  test('is told with every fault of its text, one after the other', async () => {
    const { entry } = await recovered({ text: `{"client_id":"${CLIENT_ID}"}` })

    expect(entry?.faults).toMatch(/^client_secret is missing[^;]*; project_id is missing/)
  })
})
