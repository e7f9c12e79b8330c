// Connected Apps and SCIM connections at the clients function, against both stand-ins: adopted with a proven value, listed beside clients,
// and switched, described and discarded by nobody here.
import { beforeEach, describe, expect, test } from 'vitest'
import type { ClientRecords } from '../../../lambda/core/clients/client-keeper.ts'
import type { AdoptAsked, Adopted } from '../../../lambda/core/clients/clients-api.ts'
import { scimId } from '../../../lambda/core/secret/scim-form.ts'
import { LOST_VALUE } from '../../../lambda/core/secret/secret-format.ts'
import { PROJECT_ID } from '../../fakes/stand-ins.ts'
import { NAME, role, stage, useDesk } from './api-seat.ts'

const { stytchPlace, awsPlace, ask, peek, stored } = useDesk()
const { stytch } = stytchPlace

interface Subject {
  readonly clientId: string
  readonly secret: string
  /** What the secret then holds. */
  readonly fields: Readonly<Record<string, string>>
  slots(): unknown
}

const kinds: readonly { readonly name: string; readonly absent: string; readonly seed: () => Subject }[] = [
  {
    name: 'a Connected App',
    absent: 'connected-app-test-nobody',
    seed: () => {
      const { clientId, secret } = stytch.connectedApps.seed()
      return {
        clientId,
        secret,
        fields: { client_id: clientId, client_secret: secret, project_id: PROJECT_ID, token_url: stage.tokenUrl },
        slots: () => stytch.connectedApps.slots(clientId),
      }
    },
  },
  {
    name: 'a SCIM connection',
    absent: 'organization-test-nobody/scim-connection-test-nobody',
    seed: () => {
      const { organizationId, connectionId, bearerToken } = stytch.scim.seed()
      return {
        clientId: scimId({ organizationId, connectionId }),
        secret: bearerToken,
        fields: {
          organization_id: organizationId,
          connection_id: connectionId,
          bearer_token: bearerToken,
          project_id: PROJECT_ID,
        },
        slots: () => stytch.scim.slots(connectionId),
      }
    },
  },
]

describe.each(kinds)('$name', ({ absent, seed }) => {
  let subject: Subject
  const asked = (more: Partial<AdoptAsked> = {}): AdoptAsked => ({
    secretName: NAME,
    clientId: subject.clientId,
    clientSecret: subject.secret,
    description: 'Of a partner',
    consumers: [role('job')],
    rules: { everyDays: 60 },
    tags: {},
    heldBy: 'ada',
    ...more,
  })
  const adopt = async (more: Partial<AdoptAsked> = {}): Promise<Adopted> =>
    (await ask({ action: 'adopt', ...asked(more) })) as Adopted
  beforeEach(() => {
    subject = seed()
  })

  test('is stored in its own form, tagged with its id, guarded, scheduled and held', async () => {
    const slots = subject.slots()

    const { outcome } = await adopt()

    expect(outcome).toBe('adopted')
    expect(stored()).toEqual(subject.fields)
    expect(subject.slots()).toEqual(slots)
    expect(peek()).toMatchObject({
      tags: { 'm2m:client-id': subject.clientId, 'm2m:held-by': 'ada', 'm2m:policy': expect.any(String) },
      rotation: { isEnabled: true },
    })
  })

  test('is adopted before, when repeated', async () => {
    await adopt()
    const before = peek()

    expect(await adopt()).toMatchObject({ outcome: 'already' })
    expect(peek()).toEqual(before)
  })

  test('is taken up where an adoption was cut off', async () => {
    awsPlace.standIn.faults.add({ op: 'PutResourcePolicy', kind: 'error', status: 400, count: 1 })
    await expect(adopt()).rejects.toThrow()

    expect(await adopt()).toMatchObject({ outcome: 'adopted' })
    expect(peek()?.tags['m2m:policy']).toEqual(expect.any(String))
  })

  test('is not adopted with another value, and the value is not repeated', async () => {
    const wrong = 'canary-of-another-0123456789'

    const fault = await adopt({ clientSecret: wrong }).catch((error: unknown) => error)

    expect(fault).toMatchObject({ code: 'INPUT_MALFORMED' })
    expect(JSON.stringify(fault)).not.toContain(wrong)
    expect(peek()).toBeUndefined()
  })

  test('is adopted without a value that is lost, for the first rotation to make one', async () => {
    const { clientSecret: _lost, ...lost } = asked()

    await ask({ action: 'adopt', ...lost })

    expect(Object.values(stored())).toContain(LOST_VALUE.reveal())
  })

  test('is not adopted when Stytch does not know it', async () => {
    await expect(adopt({ clientId: absent })).rejects.toMatchObject({
      message: expect.stringContaining('knows no such client'),
    })
  })

  test('is not adopted over the secret of another', async () => {
    await adopt()
    const other = seed()

    await expect(adopt({ clientId: other.clientId, clientSecret: other.secret })).rejects.toMatchObject({
      message: expect.stringContaining('a secret of this name exists'),
    })
  })

  test('is listed by its id, beside clients, and only by its id', async () => {
    const client = stytch.seed({ scopes: [] })

    const both = (await ask({
      action: 'list',
      clientIds: [subject.clientId, absent, client.clientId],
    })) as ClientRecords
    const alone = (await ask({ action: 'list', clientIds: [subject.clientId] })) as ClientRecords
    const all = (await ask({ action: 'list' })) as ClientRecords

    expect(both.clients.map(({ clientId }) => clientId)).toEqual([subject.clientId, client.clientId])
    expect(alone.clients).toMatchObject([{ clientId: subject.clientId, isActive: true, slots: { next: null } }])
    expect(all.clients.map(({ clientId }) => clientId)).toEqual([client.clientId])
  })

  test('is switched by nobody here', async () => {
    await adopt()

    await expect(ask({ action: 'setActive', secretName: NAME, isActive: false }, 'break-glass')).rejects.toMatchObject({
      message: expect.stringContaining('no M2M client'),
    })
  })

  test('is not discarded, whoever asks', async () => {
    await expect(ask({ action: 'discard', clientId: subject.clientId })).rejects.toThrow()

    expect(subject.slots()).toMatchObject({ status: 'active' })
  })
})
