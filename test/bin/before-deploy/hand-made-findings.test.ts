// What `m2m doctor` says of the secrets that people stored for a stage, read with the caller's own rights, over HTTP.
import { generateKeyPairSync } from 'node:crypto'
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { handMadeFindings } from '../../../bin/before-deploy/hand-made-findings.ts'
import type { HandMadeKind } from '../../../lambda/core/secret/hand-made-secrets.ts'
import { PROJECT_ID, useAws } from '../../fakes/stand-ins.ts'

const aws = useAws()
const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' })
const sound: Readonly<Record<HandMadeKind, object>> = {
  projectSecret: { project_id: PROJECT_ID, secret: 'canary' },
  workspaceKey: { key_id: 'workspace-key-1', secret: 'canary' },
  signingSecret: { plain: { current: 'canary-canary-canary\n' } },
  githubApp: { app_id: 312845, private_key: String(pem).replaceAll('\n', '\\n') },
}
const kinds = Object.keys(sound) as HandMadeKind[]
const store = (kind: HandMadeKind, value: object) =>
  aws.sdk().secrets.send(new CreateSecretCommand({ Name: `by-hand/${kind}`, SecretString: JSON.stringify(value) }))
const report = () =>
  handMadeFindings(
    aws.sdk().secrets,
    kinds.map((kind) => ({ kind, name: `by-hand/${kind}`, projectId: PROJECT_ID })),
  )

test('nothing is found where each has its format', async () => {
  for (const kind of kinds) await store(kind, sound[kind])

  expect(await report()).toEqual({ findings: [], notChecked: [] })
})

test('each fault is named by its field, with what to store, and nothing of what is stored', async () => {
  await store('projectSecret', { projectId: 'canary', secret: '' })
  await store('workspaceKey', { 'key id': 'canary', KEYID: 'other' })
  await store('signingSecret', { github: 'canary', plain: { current: 'canary' } })
  await store('githubApp', { private_key: 'canary' })

  const { findings } = await report()

  expect(findings.map(({ weight, subject, what }) => ({ weight, subject, what }))).toEqual([
    {
      weight: 'broken',
      subject: 'by-hand/projectSecret',
      what: `the Stytch project secret by-hand/projectSecret is malformed: project_id is not ${PROJECT_ID}; secret is malformed: expected a non-empty string`,
    },
    {
      weight: 'broken',
      subject: 'by-hand/workspaceKey',
      what: 'the Stytch workspace key by-hand/workspaceKey is malformed: key_id is missing; found key id and KEYID: keep one of them, as key_id; secret is missing',
    },
    {
      weight: 'broken',
      subject: 'by-hand/signingSecret',
      what: 'the detectors\' signing secret by-hand/signingSecret is malformed: github: expected {"current": …}; plain: current is malformed: expected 16 characters or more',
    },
    {
      weight: 'broken',
      subject: 'by-hand/githubApp',
      what: "the GitHub App's key by-hand/githubApp is malformed: app_id is missing; private_key is malformed: it holds no whole PEM",
    },
  ])
  expect(findings.every(({ todo }) => todo.includes('put-secret-value --secret-id by-hand/'))).toBe(true)
  expect(JSON.stringify(findings)).not.toContain('canary')
})

test('one that is not there is to be made, and one that the caller may not read is no finding', async () => {
  aws.standIn.faults.add({ op: 'GetSecretValue', kind: 'error', status: 403, count: 1 })

  const { findings, notChecked } = await report()

  expect(findings.map(({ todo }) => todo).filter((todo) => todo.includes('create-secret'))).toHaveLength(3)
  expect(notChecked).toHaveLength(1)
})

test('a signing secret in which no detector has a key takes no report', async () => {
  await store('signingSecret', { gitgardian: { current: 'canary-canary-canary' } })

  expect((await report()).findings.map(({ what }) => what)).toContainEqual(
    "the detectors' signing secret by-hand/signingSecret is malformed: no detector has a key",
  )
})
