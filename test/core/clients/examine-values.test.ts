// What a planned rotation would refuse of stored values, as the clients function answers it: by field, and nothing of what stands in it.
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { answerApiRequest } from '../../../lambda/core/clients/answer-api-request.ts'
import { MAX_EXAMINED } from '../../../lambda/core/clients/clients-api.ts'
import { readApiRequest } from '../../../lambda/core/clients/read-api-request.ts'
import { writeFieldNames } from '../../../lambda/core/secret/mapped-form.ts'
import { TAG } from '../../../lambda/core/secret/secret-tags.ts'
import { PROJECT_ID } from '../../fakes/stand-ins.ts'
import { storedByOthers } from '../../fakes/stored-by-others.ts'
import { BREAK_GLASS, PREFIX, stage, useDesk } from './api-seat.ts'

const desk = useDesk()
const held = { clientId: 'm2m-client-1', value: 'canary-value-ABCD', projectId: PROJECT_ID, tokenUrl: stage.tokenUrl }
const store = (name: string, value: string | Uint8Array) =>
  desk.awsPlace.sdk().secrets.send(
    new CreateSecretCommand({
      Name: `${PREFIX}${name}`,
      ...(typeof value === 'string' ? { SecretString: value } : { SecretBinary: value }),
    }),
  )
const examine = (...names: readonly string[]) =>
  desk.ask({ action: 'examine', secretNames: names.map((name) => `${PREFIX}${name}`) })

test('each value is judged as a rotation would, whatever somebody stored', async () => {
  await store('fine', storedByOthers['CRLF and own fields'](held))
  await store('bytes', Buffer.from(storedByOthers['a byte order mark'](held)))
  await store('camel', storedByOthers['names in camel case'](held))
  await store('bare', storedByOthers['the bare value'](held))
  await store('other', storedByOthers['a byte order mark']({ ...held, projectId: 'canary-project' }))
  await store('no-text', Buffer.from([0xff, 0xfe]))

  const answer = await examine('fine', 'bytes', 'camel', 'bare', 'other', 'no-text', 'not-there')

  expect(
    new Map(
      (answer as { secretName: string; faults: string[] }[]).map((one) => [
        one.secretName.slice(PREFIX.length),
        one.faults,
      ]),
    ),
  ).toEqual(
    new Map([
      ['fine', []],
      ['bytes', []],
      [
        'camel',
        [
          'client_id is missing; found clientId: rename it to client_id',
          'client_secret is missing; found clientSecret: rename it to client_secret',
          'project_id is missing',
          'token_url is missing',
        ],
      ],
      ['bare', ['the value is not a JSON object: store the object, with every field in it, not a value alone']],
      ['other', [`project_id is not ${PROJECT_ID}`]],
      ['no-text', ['the value is not a JSON object: it is binary, and not UTF-8']],
      ['not-there', []],
    ]),
  )
  expect(JSON.stringify(answer)).not.toContain('canary')
})

test('a secret that was adopted where it is, is judged by its owner’s names, which its tags say', async () => {
  const make = (name: string, text: string, tags: Readonly<Record<string, string>>) =>
    desk.awsPlace.sdk().secrets.send(
      new CreateSecretCommand({
        Name: name,
        SecretString: text,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    )
  const fields = writeFieldNames({ client_id: 'id', client_secret: 'stytchSecret' })
  await make('legacy/billing', '{"id":"m2m-client-1","stytchSecret":"canary-value-ABCD"}', { [TAG.fields]: fields })
  await make('legacy/broken', '{"id":"m2m-client-1"}', { [TAG.fields]: fields })

  const secretNames = ['legacy/billing', 'legacy/broken']
  const answer = await answerApiRequest(
    { parts: desk.compose(), stage: { ...stage, extraPrefixes: ['legacy/'] }, authority: BREAK_GLASS },
    { action: 'examine', secretNames },
  )

  expect(answer).toEqual([
    { secretName: 'legacy/billing', faults: [] },
    { secretName: 'legacy/broken', faults: ['stytchSecret is missing'] },
  ])
})

test('one that cannot be read is named, and stops no other', async () => {
  await store('one', storedByOthers['a byte order mark'](held))
  await store('two', storedByOthers['a byte order mark'](held))
  desk.awsPlace.standIn.faults.add({ op: 'GetSecretValue', kind: 'error', status: 403, count: 1 })

  const faults = ((await examine('one', 'two')) as { faults: string[] }[]).flatMap((one) => one.faults)

  expect(faults).toEqual([expect.stringMatching(/^it could not be read: .*AccessDenied/)])
})

test('secrets outside of the stage are not read', async () => {
  await expect(desk.ask({ action: 'examine', secretNames: ['stytch/m2m-prod'] })).rejects.toMatchObject({
    code: 'INPUT_MALFORMED',
  })
})

test('a request names some secrets, and not too many', () => {
  const ask = (secretNames: unknown) => readApiRequest({ action: 'examine', secretNames })

  expect(ask(['m2m/prod/a'])).toMatchObject({ ok: true })
  expect(ask(Array.from({ length: MAX_EXAMINED + 1 }, () => 'm2m/prod/a'))).toMatchObject({
    ok: false,
    refusal: [`secretNames: expected at most ${MAX_EXAMINED}`],
  })
  expect(ask('m2m/prod/a')).toMatchObject({ ok: false, refusal: ['secretNames: expected a list of texts'] })
})
