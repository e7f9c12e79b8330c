// One secret, one client, for kinds that Stytch keeps no field for: against both stand-ins, the table included. A tag and a stored value are what
// an attacker may choose; neither gets him somebody else's client.
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, test } from 'vitest'
import { createClaims } from '../../../lambda/adapters/aws/claims.ts'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'
import { readBindings, UNCLAIMED } from '../../../lambda/adapters/stytch/bindings.ts'
import { createSlotIssuers } from '../../../lambda/adapters/stytch/issuers.ts'
import { claimStandings } from '../../../lambda/core/clients/claim-states.ts'
import type { AdoptAsked, ClaimView, WrittenClaim } from '../../../lambda/core/clients/clients-api.ts'
import { surveyClaims } from '../../../lambda/core/clients/survey-claims.ts'
import { PROJECT_ID } from '../../fakes/stand-ins.ts'
import { FUNCTION, NAME, PREFIX, RECORDS, role, stage, useDesk } from './api-seat.ts'

const { stytchPlace, awsPlace, ask, peek } = useDesk()
const { stytch } = stytchPlace

let app: { readonly clientId: string; readonly secret: string }
beforeEach(() => {
  app = stytch.connectedApps.seed()
})

const claims = (endpoint = awsPlace.origin()) =>
  createClaims(awsPlace.sdk().secrets, { table: RECORDS.name, endpoint }, async () => {})
const arnOf = (name = NAME): string => peek(name)?.arn ?? ''
const holder = async () => (await claims().read(app.clientId))?.holder

const adoption = (more: Partial<AdoptAsked> = {}): AdoptAsked => ({
  secretName: NAME,
  clientId: app.clientId,
  clientSecret: app.secret,
  description: 'Of a partner',
  consumers: [role('job')],
  rules: { everyDays: 60 },
  tags: {},
  heldBy: 'ada',
  ...more,
})
const adopt = (more: Partial<AdoptAsked> = {}, qualifier?: string) =>
  ask({ action: 'adopt', ...adoption(more) }, qualifier)

/** What whoever may create a secret below the prefix can do. */
const forge = async (name: string, value: string, tag = app.clientId): Promise<string> => {
  const { ARN = '' } = await awsPlace.sdk().secrets.send(
    new CreateSecretCommand({
      Name: name,
      SecretString: JSON.stringify({
        client_id: app.clientId,
        client_secret: value,
        project_id: PROJECT_ID,
        token_url: stage.tokenUrl,
      }),
      Tags: [{ Key: 'm2m:client-id', Value: tag }],
    }),
  )
  return ARN
}

/** As the rotation function sees it. */
const look = (table = claims()) =>
  createSlotIssuers({ stytch: stytchPlace.connect().reach, bindings: readBindings(table) }).look(app.clientId)

describe('the rotation function', () => {
  test('believes the claim: a secret that is merely tagged for the app does not hold it', async () => {
    await adopt()
    const forged = await forge(`${PREFIX}attacker`, 'whatever-value')

    expect((await look())?.boundTo).toBe(arnOf())
    expect((await look())?.boundTo).not.toBe(forged)
  })

  test('takes an app that no secret claims for nobody’s, whoever is tagged for it', async () => {
    await forge(`${PREFIX}attacker`, app.secret)

    expect((await look())?.boundTo).toBe(UNCLAIMED)
  })

  test('does nothing with an app while the table does not answer, and may be retried', async () => {
    await adopt()
    awsPlace.standIn.faults.add({ op: 'GetItem', kind: 'error', status: 500, count: 3 })

    await expect(look()).rejects.toMatchObject({ code: 'RECORDS_UNAVAILABLE', retryable: true })
  })

  test('rotates an M2M client without asking the table', async () => {
    const client = stytch.seed({ scopes: [] })
    const bindings = readBindings(createClaims(awsPlace.sdk().secrets, undefined, async () => {}))
    const issuer = createSlotIssuers({ stytch: stytchPlace.connect().reach, bindings })

    await expect(issuer.look(client.clientId)).resolves.toMatchObject({ isActive: true })
    await expect(issuer.look(app.clientId)).rejects.toMatchObject({ code: 'RECORDS_UNAVAILABLE' })
  })
})

describe('an adoption', () => {
  test('claims the app for its secret', async () => {
    await adopt()

    expect(await holder()).toBe(arnOf())
  })

  test('does not move an app that another secret holds, even with the value in use', async () => {
    await adopt()
    const other = adopt({ secretName: `${PREFIX}attacker` })

    await expect(other).rejects.toThrow(/is bound to .*billing/)
    expect(peek(`${PREFIX}attacker`)).toBeUndefined()
    expect(await holder()).toBe(arnOf())
  })

  test('does not move one either when whoever else held it is retagged', async () => {
    await adopt()
    await createSecrets(awsPlace.sdk().secrets).tag(arnOf(), { 'm2m:client-id': 'connected-app-test-nobody' })

    await expect(adopt({ secretName: `${PREFIX}attacker` })).rejects.toThrow(/is bound to .*billing/)
  })

  test('of two at once claims it for one', async () => {
    const both = await Promise.allSettled([adopt(), adopt({ secretName: `${PREFIX}attacker` })])

    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect([arnOf(), arnOf(`${PREFIX}attacker`)]).toContain(await holder())
  })
})

describe('a declaration', () => {
  const declare = () =>
    ask({
      action: 'declare',
      set: 'payments',
      requestId: 'a-request',
      client: {
        secretName: NAME,
        displayName: 'billing',
        description: '',
        scopes: [],
        consumers: [role('job')],
        rules: { everyDays: 60 },
        onRemoval: 'retain',
        tags: {},
      },
    })
  const store = async (clientId: string, value: string): Promise<void> => {
    await awsPlace.sdk().secrets.send(
      new CreateSecretCommand({
        Name: NAME,
        SecretString: JSON.stringify({
          client_id: clientId,
          client_secret: value,
          project_id: PROJECT_ID,
          token_url: stage.tokenUrl,
        }),
      }),
    )
  }

  test('does not bind a client that the secret only names', async () => {
    const victim = stytch.seed({ scopes: [] })
    await store(victim.clientId, 'not-its-value-0123456789')

    await expect(declare()).rejects.toThrow(/nothing proves that it is its/)
    expect(stytch.trustedMetadata(victim.clientId)).not.toHaveProperty('managed_by')
  })

  test('binds one whose value the secret holds', async () => {
    const client = stytch.seed({ scopes: [] })
    await store(client.clientId, client.secret)

    await declare()
    expect(stytch.trustedMetadata(client.clientId)).toMatchObject({ managed_by: arnOf() })
  })
})

describe('break-glass', () => {
  const write = async (...secretNames: readonly string[]) =>
    (await ask({ action: 'writeClaims', secretNames, by: 'ada' }, 'break-glass')) as readonly WrittenClaim[]

  test('claims an app for the secret that holds its value', async () => {
    const arn = await forge(NAME, app.secret)

    expect(await write(NAME)).toEqual([{ secretName: NAME, clientId: app.clientId, outcome: 'written' }])
    expect(await ask({ action: 'claims', clientIds: [app.clientId] })).toEqual([
      { clientId: app.clientId, holder: arn, isReviewed: true },
    ] satisfies readonly ClaimView[])
  })

  test.each([
    ['whose value Stytch refuses', () => forge(NAME, 'whatever-value'), /Stytch refuses its value/],
    ['whose tag names another', () => forge(NAME, app.secret, 'connected-app-test-else'), /its tag says otherwise/],
    ['that is not there', async () => '', /no such secret/],
  ])('claims nothing for a secret %s', async (_what, make, why) => {
    await make()

    expect(await write(NAME)).toMatchObject([{ outcome: 'refused', why: expect.stringMatching(why) }])
    expect(await holder()).toBeUndefined()
  })

  test('claims it for neither of two secrets that hold its value', async () => {
    await forge(NAME, app.secret)
    await forge(`${PREFIX}attacker`, app.secret)

    const results = await write(NAME, `${PREFIX}attacker`)

    expect(results.map(({ outcome }) => outcome)).toEqual(['refused', 'refused'])
    expect(await holder()).toBeUndefined()
  })

  test('does not take a claim from a secret that is there, and does from one that is gone', async () => {
    await adopt()
    const before = arnOf()
    await forge(`${PREFIX}successor`, app.secret)
    expect(await write(`${PREFIX}successor`)).toMatchObject([{ outcome: 'refused' }])

    await createSecrets(awsPlace.sdk().secrets).erase(before)

    expect(await write(`${PREFIX}successor`)).toMatchObject([{ outcome: 'written' }])
    expect(await holder()).toBe(arnOf(`${PREFIX}successor`))
  })

  test('alone writes claims', async () => {
    await forge(NAME, app.secret)

    await expect(ask({ action: 'writeClaims', secretNames: [NAME] }, 'default')).rejects.toThrow(/break-glass's alone/)
    expect(await holder()).toBeUndefined()
  })
})

describe('the survey of a stage that had no claims', () => {
  const survey = () => {
    const { secrets } = awsPlace.sdk()
    const timing = { now: () => awsPlace.world.clock.now() }
    return surveyClaims({ secrets: createSecrets(secrets), claims: claims(), timing }, stage)
  }
  const manage = async (name: string): Promise<void> => {
    const secrets = createSecrets(awsPlace.sdk().secrets)
    await secrets.scheduleRotation(await forge(name, app.secret), {
      functionArn: FUNCTION,
      rules: { everyDays: 60 },
    })
  }
  const standings = async () => {
    const { secrets } = await createSecrets(awsPlace.sdk().secrets).list(PREFIX)
    return claimStandings(secrets, new Map([[app.clientId, await claims().read(app.clientId)]]))
  }

  test('notes the one secret that our function rotates, to be looked at', async () => {
    await manage(NAME)

    expect(await survey()).toEqual({ noted: 1, left: 0 })
    expect(await holder()).toBe(arnOf())
    expect((await standings()).map(({ state }) => state)).toEqual(['noted'])
    expect(await survey()).toEqual({ noted: 0, left: 0 })
  })

  test('notes neither of two that are tagged for one app', async () => {
    await manage(NAME)
    await manage(`${PREFIX}attacker`)

    expect(await survey()).toEqual({ noted: 0, left: 2 })
    expect((await look())?.boundTo).toBe(UNCLAIMED)
    expect((await standings()).map(({ state }) => state)).toEqual(['contested', 'contested'])
  })

  test('notes none that our function does not rotate', async () => {
    await forge(NAME, app.secret)

    expect(await survey()).toEqual({ noted: 0, left: 1 })
    expect((await standings()).map(({ state }) => state)).toEqual(['unclaimed'])
  })
})
