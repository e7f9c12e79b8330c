// What somebody reads who is notified: each rule's message made of a real event, by EventBridge's own rules for templates.

import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { findingWords } from '../../lambda/core/sweep/finding-words.ts'
import { runbookPages } from '../../lib/base/runbook-pages.ts'
import { parse, wordsOf } from '../bin/command-line.ts'
import { eventSchemas } from '../docs/event-schemas.ts'
import { everything } from './everything.ts'
import { eventNoticeIds, targetsOf, transformed } from './input-transformer.ts'
import { plain } from './read-template.ts'
import { ACCOUNT, REGION, resourcesOf, synthStack } from './synth.ts'

const RUNBOOK = 'https://wiki.example.com/m2m/runbook'
const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:oncall`

let withUrl: Template
let chat: Template
beforeAll(() => {
  withUrl = synthStack({ ...everything, runbookUrl: RUNBOOK }).template()
  chat = synthStack({ ...everything, runbookUrl: RUNBOOK, alarms: { chat: true } }).template()
})

const refused = {
  version: '0',
  id: '6d2efd1c-0000-4000-8000-000000000000',
  'detail-type': 'Rotation Refused',
  source: 'm2m.rotation',
  account: ACCOUNT,
  time: '2026-10-05T09:12:31Z',
  region: REGION,
  resources: [],
  detail: {
    secretName: 'm2m/prod/billing',
    clientId: 'm2m-client-live-1',
    intent: 'rotate',
    at: '2026-10-05T09:12:30.000Z',
    reason: 'clientInactive',
    explanation: 'the client is inactive at Stytch',
  },
}

const messageOf = (template: Template, noticeId: string, event: unknown, at = 0): string => {
  const target = targetsOf(template, noticeId)[at]
  if (target === undefined) throw new Error(`no target ${at} of ${noticeId}`)
  return transformed(target, event)
}

describe('a mail about a refused rotation', () => {
  test('says which client, why, since when, what it means for consumers and what to type', () => {
    const mail = messageOf(withUrl, 'RotationRefused', refused)

    expect(mail.split('\n')[0]).toBe('"[m2m prod] Rotation Refused: m2m/prod/billing"')
    for (const words of [
      'client: m2m-client-live-1',
      'reason: clientInactive',
      'why: the client is inactive at Stytch',
      'since: 2026-10-05T09:12:30.000Z',
      'Consumers are served',
      'Type: m2m status m2m/prod/billing --stage prod',
      `Runbook: ${RUNBOOK}#rotation-failed`,
    ]) {
      expect(mail).toContain(words)
    }
  })

  test('links to the log and to the secret in the console, in full', () => {
    const mail = messageOf(withUrl, 'RotationRefused', refused)

    expect(mail).toContain(
      `https://${REGION}.console.aws.amazon.com/cloudwatch/home?region=${REGION}#logsV2:log-groups$3FlogGroupNameFilter$3Dm2m-prod-rotation-`,
    )
    expect(mail).toContain(
      `https://${REGION}.console.aws.amazon.com/secretsmanager/secret?name=m2m/prod/billing&region=${REGION}`,
    )
  })

  test('arrives as well where the event lacks what is optional', () => {
    const { clientId: _, ...detail } = refused.detail

    expect(messageOf(withUrl, 'RotationRefused', { ...refused, detail })).toContain('"client: "')
  })
})

describe('every message of a rule', () => {
  test('names its page, its consumers and a command, and can be made of an event that lacks everything', () => {
    const ids = eventNoticeIds(withUrl)

    expect(ids.length).toBeGreaterThan(15)
    for (const id of ids) {
      const mail = messageOf(withUrl, id, {})
      expect(mail, id).toMatch(/"Consumers .+\."/)
      expect(mail, id).toMatch(/"Type: .+"/)
      expect(mail, id).toMatch(/"Runbook: https:\/\/wiki\.example\.com\/m2m\/runbook#[a-z-]+"/)
    }
  })

  test('is in Amazon Q Developer’s schema where a chat channel is told', () => {
    for (const id of eventNoticeIds(chat)) {
      const message = JSON.parse(messageOf(chat, id, refused)) as Record<string, unknown>

      expect(message, id).toMatchObject({
        version: '1.0',
        source: 'custom',
        content: {
          textType: 'client-markdown',
          title: expect.stringContaining('[m2m prod] '),
          description: expect.stringContaining('Consumers '),
          nextSteps: expect.arrayContaining([
            expect.stringMatching(/^Type: /),
            expect.stringMatching(/^Runbook: https/),
          ]),
          keywords: expect.arrayContaining([id]),
        },
        metadata: { eventType: `m2m-${id}`, threadId: expect.any(String), summary: expect.any(String) },
      })
    }
  })

  test('is whole as well where the stack learns its Region only when it is deployed', () => {
    const anywhere = { environment: undefined, runbookUrl: RUNBOOK }
    const mails = synthStack({ ...anywhere, alarms: { email: 'oncall@example.com', chat: true } }).template()

    for (const id of eventNoticeIds(mails)) {
      expect(messageOf(mails, id, refused, 0), id).not.toMatch(/\$\{Token|undefined/)
      expect(JSON.parse(messageOf(mails, id, refused, 1)), id).toHaveProperty('content.nextSteps')
    }
    expect(messageOf(mails, 'RotationRefused', refused, 1)).toContain(
      `https://${REGION}.console.aws.amazon.com/secretsmanager/secret?name=m2m/prod/billing&region=${REGION}`,
    )
  })

  test('quotes only fields that can neither break the message nor hold what somebody typed', () => {
    const ajv = new Ajv2020({ strict: false })
    ajv.addSchema(definitions)
    const hostile = ['a"b', 'a\\b', 'a\nb', 'a<!channel>b']
    const judged = quotedFields(withUrl)

    expect(judged.length).toBeGreaterThan(40)
    for (const { id, type, path } of judged) {
      const schema = schemaAt(type, path)
      expect(schema, `${id}: ${path} is no field of ${type}`).toBeDefined()
      const takes = ajv.compile<string>(schema ?? {})
      expect(
        hostile.filter((text) => takes(text)),
        `${id}: ${path} of ${type}`,
      ).toEqual([])
    }
  })

  test.each([
    'requestedBy',
    'graceSeconds',
    'requestParameters.description',
    '$.detail.reference',
    '$.detail.selector',
  ])('does not quote %s', (field) => {
    const paths = eventNoticeIds(withUrl).flatMap((id) =>
      targetsOf(withUrl, id).flatMap(({ InputTransformer }) => Object.values(InputTransformer.InputPathsMap)),
    )

    expect(paths.filter((path) => path.includes(field))).toEqual([])
  })

  test('quotes no whole event and no whole detail', () => {
    const text = JSON.stringify(withUrl.toJSON()) + JSON.stringify(chat.toJSON())

    expect(text).not.toMatch(/aws\.events\.event|"\$\.detail"|"\$\.detail\.clients"|"\$"/)
  })
})

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly [more: string]: unknown
}

const definitions = JSON.parse(
  readFileSync(new URL('../../docs/events/definitions.v1.json', import.meta.url), 'utf8'),
) as Schema

/** What the rules for our own events quote of their details. */
const quotedFields = (template: Template) =>
  Object.entries(resourcesOf(template))
    .filter(([id, { Type }]) => Type === 'AWS::Events::Rule' && id.startsWith('Alarms'))
    .flatMap(([id, { Properties }]) => {
      const types = (Properties.EventPattern as { 'detail-type'?: readonly string[] })['detail-type'] ?? []
      const [target] = targetsOf(template, id.slice('Alarms'.length, -8))
      const paths = Object.values(target?.InputTransformer.InputPathsMap ?? {})
      return types
        .filter((type) => !type.endsWith('via CloudTrail'))
        .flatMap((type) => paths.filter((path) => path.startsWith('$.detail.')).map((path) => ({ id, type, path })))
    })

/** With references to the definitions as they stand; `format` is refused a text by a date's own check. */
const schemaAt = (type: string, path: string): Schema | undefined => {
  const whole = eventSchemas.find(({ detailType }) => detailType === type)?.schema as Schema | undefined
  const found = path
    .slice(2)
    .split('.')
    .reduce<Schema | undefined>((at, field) => at?.properties?.[field], whole)
  const name = /#\/\$defs\/(\w+)$/.exec(String(found?.$ref))?.[1]
  const resolved = name === undefined ? found : ((definitions.$defs as Record<string, Schema>)[name] ?? found)
  if (resolved?.format !== 'date-time') return resolved
  const { format: _, ...rest } = resolved
  return { ...rest, pattern: '^[0-9TZ:.-]+$' }
}

describe('what a page says to type', () => {
  test.each(Object.entries(runbookPages).map(([page, { run }]) => [page, run] as const))('%s: %s', async (_, run) => {
    const words = wordsOf(run.replaceAll('STAGE', 'prod').replaceAll('NAME', 'billing'))
    if (words[0] === 'aws') return
    const { isTaken, stderr } = await parse(words.slice(1))

    expect(isTaken, stderr).toBe(true)
  })
})

describe('what a digest says to type', () => {
  /** A command in a sentence: behind its verb, options, what stands for a name, and a state. */
  const TYPED = /m2m (?:campaign |freeze )?[a-z]+(?: (?:--state (?:off|stuck)|--[a-z-]+|NAME|FILE))*/g
  const typed = Object.entries(findingWords).flatMap(([kind, { advice }]) =>
    [...advice.matchAll(TYPED)].map(([command]) => [kind, command.replace('freeze shows', 'freeze')] as const),
  )

  test.each(typed)('%s: %s', async (_, command) => {
    const { isTaken, stderr } = await parse(wordsOf(command.replace('NAME', 'billing')).slice(1))

    expect(isTaken, stderr).toBe(true)
  })
})

describe('where a message goes', () => {
  const topicsOf = (template: Template) =>
    Object.values(resourcesOf(template))
      .filter(({ Type }) => Type === 'AWS::SNS::Topic')
      .map(({ Properties }) => Properties.TopicName)

  test('mails and a channel have a topic each, since a topic has one form of message', () => {
    const both = synthStack({ alarms: { email: 'oncall@example.com', chat: true } }).template()

    expect(topicsOf(both)).toEqual(['m2m-prod-alarms', 'm2m-prod-chat'])
    expect(messageOf(both, 'RotationRefused', refused, 0)).toContain('"reason: clientInactive"')
    expect(JSON.parse(messageOf(both, 'RotationRefused', refused, 1))).toHaveProperty('source', 'custom')
    const [alarm] = Object.values(resourcesOf(both)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    expect(alarm?.Properties.AlarmActions).toHaveLength(2)
  })

  test('an existing topic is used as it is, and what its policy must allow is an output', () => {
    const existing = synthStack({ alarms: { topicArn: TOPIC } }).template()

    expect(topicsOf(existing)).toEqual([])
    existing.resourceCountIs('AWS::SNS::TopicPolicy', 0)
    for (const id of eventNoticeIds(existing)) expect(targetsOf(existing, id)).toMatchObject([{ Arn: TOPIC }])
    const [output] = Object.entries(existing.findOutputs('*')).filter(([id]) => id.includes('TopicMustAllow'))
    const said = plain(output?.[1].Value)
    for (const words of ['sns:Publish', TOPIC, 'cloudwatch.amazonaws.com', 'events.amazonaws.com', 'aws:SourceArn']) {
      expect(said).toContain(words)
    }
  })
})
