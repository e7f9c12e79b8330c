// A secret that stays where its owner made it: everything that is in the way is said at once and nothing is changed; else its policy keeps
// its owner's statements, its value is untouched, and a rotation writes the new one under the owner's own name. No fault repeats a value.
import { inspect } from 'node:util'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ApiStage } from '../../../lambda/core/clients/answer-api-request.ts'
import { answerApiRequest } from '../../../lambda/core/clients/answer-api-request.ts'
import type { Adopted, ClientsRequest, GivenBack, InPlaceAsked } from '../../../lambda/core/clients/clients-api.ts'
import { giveBack as giveBackOf } from '../../../lambda/core/clients/give-back.ts'
import { BREAK_GLASS, FUNCTION, stage as ownStage, role, useDesk } from './api-seat.ts'

const { stytchPlace, awsPlace, compose, peek } = useDesk()
const { stytch } = stytchPlace

const VALUE = 'canary-value-in-use-0123456789'
const CLIENT = 'legacy-client'
const NAME = 'legacy/billing'
const TEXT = `{ "region": "eu",\n  "id": "${CLIENT}", "stytchSecret": "${VALUE}", "n": 1.0 }`
const fields = { client_id: 'id', client_secret: 'stytchSecret' }
const ownerStatement = {
  Sid: 'OwnersReaders',
  Effect: 'Allow',
  Principal: { AWS: role('invoices') },
  Action: 'secretsmanager:GetSecretValue',
  Resource: '*',
}
const stage: ApiStage = { ...ownStage, extraPrefixes: ['legacy/'] }
const asked: InPlaceAsked = {
  secretName: NAME,
  fields,
  consumers: [],
  rules: { everyDays: 60 },
  tags: {},
  heldBy: 'ada',
}

const said: string[] = []
const ask = async (request: ClientsRequest, of = stage): Promise<unknown> => {
  try {
    return await answerApiRequest({ parts: compose(), stage: of, authority: BREAK_GLASS }, request)
  } catch (error) {
    said.push(inspect(error, { depth: null }))
    throw error
  }
}
const adopt = async (more: Partial<InPlaceAsked> = {}, of = stage) =>
  (await ask({ action: 'adoptInPlace', ...asked, ...more }, of)) as Adopted
interface Policy {
  readonly Statement: readonly { readonly Sid?: string; readonly Effect: string }[]
}
const policyOf = async (): Promise<Policy> => {
  const { ResourcePolicy: text = '{"Statement":[]}' } = await awsPlace
    .sdk()
    .secrets.send(new GetResourcePolicyCommand({ SecretId: NAME }))
  return JSON.parse(text) as Policy
}
const sids = async (): Promise<readonly (string | undefined)[]> => (await policyOf()).Statement.map(({ Sid }) => Sid)

const make = async (name = NAME, text = TEXT, KmsKeyId?: string) =>
  awsPlace.sdk().secrets.send(
    new CreateSecretCommand({
      Name: name,
      SecretString: text,
      Tags: [{ Key: 'team', Value: 'payments' }],
      ...(KmsKeyId === undefined ? {} : { KmsKeyId }),
    }),
  )
const putPolicy = (statements: readonly object[]) =>
  awsPlace.sdk().secrets.send(
    new PutResourcePolicyCommand({
      SecretId: NAME,
      ResourcePolicy: JSON.stringify({ Version: '2012-10-17', Id: 'owners', Statement: statements }),
    }),
  )

const stateOf = (name = NAME) => ({
  secret: peek(name),
  metadata: stytch.trustedMetadata(CLIENT),
  slots: stytch.slots(CLIENT),
})

beforeEach(async () => {
  said.length = 0
  stytch.seed({ clientId: CLIENT, secret: VALUE, clientName: 'Legacy', scopes: ['read:invoices'] })
  await make()
})
afterEach(() => {
  for (const text of said) expect(text).not.toContain('canary')
})

describe('a secret where nothing is in the way', () => {
  test('is managed under its own name, and its value is not touched', async () => {
    await putPolicy([ownerStatement])
    const before = peek(NAME)?.versions
    const slots = stytch.slots(CLIENT)

    const { outcome, clientId, secretArn } = await adopt()
    await awsPlace.standIn.idle()

    expect([outcome, clientId]).toEqual(['adopted', CLIENT])
    expect(
      peek(NAME)
        ?.versions.filter(({ stages }) => stages.length > 0)
        .map(({ id, value }) => [id, value]),
    ).toEqual(before?.map(({ id, value }) => [id, value]))
    expect(stytch.slots(CLIENT)).toEqual(slots)
    expect(stytch.trustedMetadata(CLIENT)).toEqual({ managed_by: secretArn })
    expect(peek(NAME)?.tags).toEqual({
      team: 'payments',
      'm2m:client-id': CLIENT,
      'm2m:scopes': 'read:invoices',
      'm2m:fields': 'client_id=id client_secret=stytchSecret',
      'm2m:reading': 'open',
      'm2m:held': expect.stringMatching(/^20\d\d-/),
      'm2m:held-by': 'ada',
      'm2m:policy': expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    expect(peek(NAME)?.rotation).toMatchObject({
      isEnabled: true,
      lambdaArn: FUNCTION,
      rules: { AutomaticallyAfterDays: 60 },
    })
  })

  test('keeps its owner’s statements beside ours, and reading is denied to nobody', async () => {
    await putPolicy([ownerStatement])

    await adopt()

    expect(await policyOf()).toMatchObject({ Id: 'owners', Statement: expect.arrayContaining([ownerStatement]) })
    expect(await sids()).toContain('OnlyNamedRolesChange')
    expect(await sids()).not.toContain('OnlyNamedRolesRead')
  })

  test('repeated, it says so; one that stopped half way is completed, with no statement twice', async () => {
    await putPolicy([ownerStatement])
    awsPlace.standIn.faults.add({ op: 'RotateSecret', kind: 'drop_reply', count: 4 })
    const first = await adopt().catch(() => undefined)
    awsPlace.standIn.faults.clear()
    await awsPlace.standIn.idle()

    const second = first ?? (await adopt())
    await awsPlace.standIn.idle()
    const state = stateOf()
    const third = await adopt()

    expect([second.outcome === 'adopted' || second.outcome === 'already', third.outcome]).toEqual([true, 'already'])
    expect(stateOf()).toEqual(state)
    expect(new Set(await sids()).size).toBe((await sids()).length)
  })

  test('may be looked at first', async () => {
    const before = stateOf()

    expect((await adopt({ isDryRun: true })).outcome).toBe('wouldAdopt')
    expect(stateOf()).toEqual(before)
  })

  test('may call its members as we do, and lack what our own secrets have', async () => {
    await awsPlace.sdk().secrets.send(
      new PutSecretValueCommand({
        SecretId: NAME,
        SecretString: JSON.stringify({ client_id: CLIENT, client_secret: VALUE }),
      }),
    )

    expect((await adopt({ fields: {} })).outcome).toBe('adopted')
    expect(peek(NAME)?.tags['m2m:fields']).toBe('client_id=client_id client_secret=client_secret')
  })
})

describe('giving it back to its owner', () => {
  const giveBack = async (more: { readonly secretName?: string; readonly isDryRun?: boolean } = {}) =>
    (await ask({ action: 'giveBack', secretName: NAME, ...more })) as GivenBack
  const labelled = () => peek(NAME)?.versions.filter(({ stages }) => stages.length > 0)

  test('leaves the secret as it was before, its value and its owner’s statements untouched', async () => {
    await putPolicy([ownerStatement])
    const before = peek(NAME)
    const policy = await policyOf()
    await adopt()
    await awsPlace.standIn.idle()

    expect(await giveBack()).toMatchObject({ outcome: 'givenBack', clientId: CLIENT, ownersStatements: 1 })

    expect(await policyOf()).toEqual(policy)
    expect(peek(NAME)?.tags).toEqual(before?.tags)
    expect(peek(NAME)?.rotation?.isEnabled ?? false).toBe(false)
    expect(labelled()).toEqual(before?.versions)
    expect(stytch.trustedMetadata(CLIENT)).toEqual({})
    expect((await adopt()).outcome).toBe('adopted')
  })

  test('takes the policy away where its owner had none, reading closed or not', async () => {
    await adopt()
    await awsPlace.standIn.idle()
    await ask({ action: 'closeReading', secretName: NAME, readers: [role('invoices')] })

    await giveBack()

    const reply = await awsPlace.sdk().secrets.send(new GetResourcePolicyCommand({ SecretId: NAME }))
    expect(reply.ResourcePolicy).toBeUndefined()
    expect(Object.keys(peek(NAME)?.tags ?? {})).toEqual(['team'])
  })

  test('may be looked at first', async () => {
    await putPolicy([ownerStatement])
    await adopt()
    await awsPlace.standIn.idle()
    const before = stateOf()

    expect(await giveBack({ isDryRun: true })).toMatchObject({ outcome: 'wouldGiveBack', ownersStatements: 1 })
    expect(stateOf()).toEqual(before)
  })

  test.each(['CancelRotateSecret', 'PutResourcePolicy', 'UntagResource'] as const)(
    'stopped at %s, is completed by asking again',
    async (op) => {
      await putPolicy([ownerStatement])
      await adopt()
      await awsPlace.standIn.idle()
      awsPlace.standIn.faults.add({ op, kind: 'drop_reply', count: 4 })
      await giveBack().catch(() => undefined)
      awsPlace.standIn.faults.clear()

      if (Object.keys(peek(NAME)?.tags ?? {}).length > 1) await giveBack()

      expect(peek(NAME)?.tags).toEqual({ team: 'payments' })
      expect(await sids()).toEqual(['OwnersReaders'])
      expect(stytch.trustedMetadata(CLIENT)).toEqual({})
    },
  )

  test('leaves a client that is bound to another secret by now as it is', async () => {
    await adopt()
    await awsPlace.standIn.idle()
    await stytchPlace.connect().api.updateClient(CLIENT, { trustedMetadata: { managed_by: 'arn:other' } })

    await giveBack()

    expect(stytch.trustedMetadata(CLIENT)).toEqual({ managed_by: 'arn:other' })
  })

  test('is refused while an overlap of ours is open, and not because of a value that was open before', async () => {
    await adopt()
    await awsPlace.standIn.idle()
    stytch.dashboard.rotateStart(CLIENT)
    const { clients, secrets } = compose()
    const lookAgain = (lastRotatedAt: number | undefined) => {
      const describe = async (id: string) => {
        const facts = await secrets.describe(id)
        return facts && { ...facts, lastRotatedAt }
      }
      return giveBackOf({ clients, secrets: { ...secrets, describe } }, stage, { secretName: NAME, isDryRun: true })
    }

    await expect(lookAgain(1_790_000_000_000)).rejects.toThrow('Stytch accepts a second value of its client')
    expect(await lookAgain(undefined)).toMatchObject({ outcome: 'wouldGiveBack' })
  })

  test('is no answer to what is under way: a rotation, a revoke that is not settled', async () => {
    await adopt()
    await awsPlace.standIn.idle()
    const current = peek(NAME)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.id
    const revoke = `revoke-${1_790_000_000_000}-001-${'a'.repeat(28)}`
    const { secrets } = awsPlace.sdk()
    await secrets.send(
      new PutSecretValueCommand({
        SecretId: NAME,
        ClientRequestToken: revoke,
        SecretString: TEXT,
        VersionStages: ['AWSPENDING'],
      }),
    )
    await expect(giveBack()).rejects.toThrow('a rotation of it is under way')

    await secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId: NAME,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: revoke,
        RemoveFromVersionId: current,
      }),
    )
    const before = stateOf()
    await expect(giveBack()).rejects.toThrow('it was revoked and is not settled')
    expect(stateOf()).toEqual(before)
  })

  test.each([
    ['a secret that was never adopted', NAME, 'was never adopted'],
    ['a secret outside', 'other/billing', 'is outside of this stage'],
    ['one that is not there', 'legacy/nobody', 'there is no such secret'],
  ])('is refused for %s', async (_what, secretName, why) => {
    const before = stateOf()

    await expect(giveBack({ secretName })).rejects.toThrow(why)
    expect(stateOf()).toEqual(before)
  })
})

describe('what is in the way', () => {
  const refusalOf = async (more: Partial<InPlaceAsked> = {}, of = stage, name = NAME): Promise<string> => {
    const before = stateOf(name)
    const error = await adopt({ ...more, secretName: more.secretName ?? name }, of).catch((fault: unknown) => fault)
    expect(stateOf(name)).toEqual(before)
    return error instanceof Error ? error.message : 'it was adopted'
  }

  test('is said all at once', async () => {
    const secret = JSON.stringify({ id: 'another-client', stytchSecret: VALUE, project: 'project-test-other' })
    await awsPlace.sdk().secrets.send(new PutSecretValueCommand({ SecretId: NAME, SecretString: secret }))
    await awsPlace.sdk().secrets.send(
      new RotateSecretCommand({
        SecretId: NAME,
        RotationLambdaARN: 'arn:aws:lambda:us-east-1:111111111111:function:theirs',
        RotationRules: { AutomaticallyAfterDays: 30 },
        RotateImmediately: false,
      }),
    )
    await awsPlace.standIn.idle()

    const message = await refusalOf({ clientId: CLIENT, fields: { ...fields, project_id: 'project' } })

    expect(message).toContain('it is rotated by arn:aws:lambda:us-east-1:111111111111:function:theirs')
    expect(message).toContain('its value is of client another-client, not of legacy-client')
    expect(message).toContain('its value is of project project-test-other')
    expect(message).toContain('nothing was changed')
  })

  test.each([
    ['other/billing', 'is outside of this stage', 'add "other/" to "extraPrefixes"'],
    ['m2m/prod/billing', 'adopt it without --in-place', ''],
    ['legacy/nothing', 'there is no such secret', ''],
  ])('%s: %s', async (secretName, why, todo) => {
    const calls = awsPlace.calls().length
    const message = await refusalOf({ secretName })

    expect(message).toContain(why)
    expect(message).toContain(todo)
    // Of what lies outside nothing is asked.
    if (!secretName.startsWith('legacy/')) expect(awsPlace.calls()).toHaveLength(calls)
  })

  test('a key that the stage may not use, AWS’s own among them; its value is not read then', async () => {
    const kmsKeyId = 'arn:aws:kms:us-east-1:111111111111:key/stage'
    await make('legacy/other-key', TEXT, 'arn:aws:kms:us-east-1:111111111111:key/theirs')
    await make('legacy/right-key', TEXT, kmsKeyId)
    const keyed = { ...stage, kmsKeyId }

    const ofAws = await refusalOf({}, keyed)
    const ofTheirs = await refusalOf({}, keyed, 'legacy/other-key')

    expect(ofAws).toContain("it is encrypted with AWS's own key, aws/secretsmanager")
    expect(ofAws).toContain(`aws secretsmanager update-secret --secret-id ${NAME} --kms-key-id ${kmsKeyId}`)
    expect(ofTheirs).toContain('it is encrypted with arn:aws:kms:us-east-1:111111111111:key/theirs')
    expect(awsPlace.calls()).not.toContain('GetSecretValue')
    expect((await adopt({ secretName: 'legacy/right-key' }, keyed)).outcome).toBe('adopted')
  })

  test('a value that Stytch refuses, by last fours', async () => {
    const secret = JSON.stringify({ id: CLIENT, stytchSecret: 'canary-of-long-ago-0000' })
    await awsPlace.sdk().secrets.send(new PutSecretValueCommand({ SecretId: NAME, SecretString: secret }))

    expect(await refusalOf()).toContain(
      `Stytch refuses its value. The client's current one ends in …${VALUE.slice(-4)}`,
    )
  })

  test.each([
    ['canary-plain-text', 'its value: the value is not a JSON object'],
    ['{"id":"legacy-client","secret":"canary-value-0"}', 'its value: stytchSecret is missing'],
    [`{"id":"nobody","stytchSecret":"${VALUE}"}`, 'Stytch knows no such client'],
  ])('%s: %s', async (text, why) => {
    await awsPlace.sdk().secrets.send(new PutSecretValueCommand({ SecretId: NAME, SecretString: text }))

    expect(await refusalOf()).toContain(why)
  })

  test('a deleted one, an unknown field, a policy that would be too large', async () => {
    const many = Array.from({ length: 125 }, (_, at) => ({ ...ownerStatement, Sid: `Owners${at}` }))
    await putPolicy(many)
    const large = await refusalOf()
    await awsPlace.sdk().secrets.send(new DeleteSecretCommand({ SecretId: NAME, RecoveryWindowInDays: 7 }))

    expect(large).toMatch(/its resource policy would have \d+ characters, and Secrets Manager takes 20480/)
    expect(await refusalOf()).toContain('it is scheduled for deletion')
    expect(await refusalOf({ fields: { secret: 'x' } })).toContain('field "secret" is unknown')
  })

  test('a client that another secret holds', async () => {
    await adopt()
    await make('legacy/copy')

    expect(await refusalOf({}, stage, 'legacy/copy')).toContain('its client is bound to arn:aws:secretsmanager:')
  })
})

describe('closing', () => {
  const close = (readers: readonly string[], secretName = NAME) => ask({ action: 'closeReading', secretName, readers })

  test('denies reading to all but the named and the stage’s own, and keeps the owner’s statements', async () => {
    await putPolicy([ownerStatement])
    await adopt()

    await close([role('invoices')])

    const denial = (await policyOf()).Statement.find(({ Sid }) => Sid === 'OnlyNamedRolesRead')
    expect(denial).toMatchObject({
      Effect: 'Deny',
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': [role('clients'), role('invoices'), role('rotation')] } },
    })
    expect(await sids()).toContain('OwnersReaders')
    expect(await sids()).toContain('ReadersOfOtherAccounts')
    expect(peek(NAME)?.tags['m2m:reading']).toBeUndefined()
  })

  test('may be retried with other readers', async () => {
    await adopt()
    await close([role('invoices')])

    await close([role('invoices'), role('reports')])

    expect(JSON.stringify(await policyOf())).toContain('role/reports')
    expect(new Set(await sids()).size).toBe((await sids()).length)
  })

  test.each([
    ['nobody named', [], NAME, 'no reader was named'],
    [
      'an account that the key does not admit',
      ['arn:aws:iam::999999999999:role/x'],
      NAME,
      'whose calls the key does not admit',
    ],
    ['a secret that was never adopted', [role('x')], NAME, 'was never adopted'],
    ['a secret outside', [role('x')], 'other/billing', 'is outside of this stage'],
  ] as const)('is refused for %s', async (_what, readers, secretName, why) => {
    if (why.includes('key')) await adopt()
    const before = stateOf()

    await expect(close(readers, secretName)).rejects.toThrow(why)
    expect(stateOf()).toEqual(before)
  })
})
