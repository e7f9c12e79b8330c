// The services that act on a resource of the stack, and the policies that must name them: each with a condition on whose behalf it acts, and
// in a number of statements that does not grow with rules, alarms and features.
import { readFileSync } from 'node:fs'
import type { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { everything } from './everything.ts'
import { resourcesOf, type Statement, synthStack } from './synth.ts'

type Principled = Statement & { readonly Principal?: { readonly Service?: unknown } | string }

let template: Template
let shipped: Template
beforeAll(() => {
  template = synthStack(everything).template()
  shipped = synthStack().template()
})

const OWN_KEY = 'arn:aws:kms:eu-west-1:111111111111:key/00000000-0000-4000-8000-000000000000'

const text = (value: unknown): string => JSON.stringify(value)
const ofType = (of: Template, type: string) => Object.entries(resourcesOf(of)).filter(([, { Type }]) => Type === type)
const statementsIn = (properties: Readonly<Record<string, unknown>>, name: string): readonly Principled[] =>
  (properties[name] as { readonly Statement: readonly Principled[] }).Statement
const services = ({ Principal }: Principled): readonly string[] =>
  typeof Principal === 'object' && Principal.Service !== undefined ? [Principal.Service].flat().map(text) : []

/** The policy of the topic, the queue or the key with this logical id. */
const policyOf = (of: Template, kind: 'topic' | 'queue' | 'key', id: string): readonly Principled[] => {
  if (kind === 'key') {
    const key = resourcesOf(of)[id]
    return key === undefined ? [] : statementsIn(key.Properties, 'KeyPolicy')
  }
  const [type, list] = kind === 'topic' ? ['AWS::SNS::TopicPolicy', 'Topics'] : ['AWS::SQS::QueuePolicy', 'Queues']
  return ofType(of, type)
    .filter(([, { Properties }]) => text(Properties[list]).includes(`"${id}"`))
    .flatMap(([, { Properties }]) => statementsIn(Properties, 'PolicyDocument'))
}

const idIn = (value: unknown): string => /"(?:Ref|Fn::GetAtt)":\[?"([A-Za-z0-9]+)"/.exec(text(value))?.[1] ?? ''

interface Acting {
  readonly service: string
  readonly kind: 'topic' | 'queue' | 'key'
  readonly id: string
}

/** Read off the resources that make a service act, not off the policies. */
const acting = (of: Template): readonly Acting[] => {
  const topicOf = (arn: unknown): readonly string[] =>
    resourcesOf(of)[idIn(arn)]?.Type === 'AWS::SNS::Topic' ? [idIn(arn)] : []
  const encrypted = (service: string, topic: string): readonly Acting[] => {
    const key = resourcesOf(of)[topic]?.Properties.KmsMasterKeyId
    return key === undefined ? [] : [{ service, kind: 'key', id: idIn(key) }]
  }
  const publishing = (service: string, arns: readonly unknown[]): readonly Acting[] =>
    arns.flatMap(topicOf).flatMap((id) => [{ service, kind: 'topic' as const, id }, ...encrypted(service, id)])
  const alarms = ofType(of, 'AWS::CloudWatch::Alarm').flatMap(([, { Properties }]) =>
    publishing('cloudwatch.amazonaws.com', (Properties.AlarmActions ?? []) as unknown[]),
  )
  const rules = ofType(of, 'AWS::Events::Rule').flatMap(([, { Properties }]) => {
    const targets = Properties.Targets as readonly { Arn: unknown; DeadLetterConfig?: { Arn: unknown } }[]
    const queues = targets.flatMap(({ DeadLetterConfig }) =>
      DeadLetterConfig === undefined ? [] : [idIn(DeadLetterConfig.Arn)],
    )
    return [
      ...publishing(
        'events.amazonaws.com',
        targets.map(({ Arn }) => Arn),
      ),
      ...queues.map((id) => ({ service: 'events.amazonaws.com', kind: 'queue' as const, id })),
    ]
  })
  const subscriptions = ofType(of, 'AWS::SNS::Subscription').flatMap(([, { Properties }]) => {
    const redrive = Properties.RedrivePolicy
    return redrive === undefined ? [] : [{ service: 'sns.amazonaws.com', kind: 'queue' as const, id: idIn(redrive) }]
  })
  const logs = ofType(of, 'AWS::Logs::LogGroup').flatMap(([, { Properties }]) =>
    Properties.KmsKeyId === undefined
      ? []
      : [{ service: 'logs.', kind: 'key' as const, id: idIn(Properties.KmsKeyId) }],
  )
  return [...new Map([...alarms, ...rules, ...subscriptions, ...logs].map((one) => [text(one), one])).values()]
}

const SOURCE = /"aws:SourceAccount"|"aws:SourceArn"|"kms:EncryptionContext:aws:logs:arn"/
/** What AWS documents as impossible, with the clause in lib/base/monitoring-key.ts. */
const isWithoutSource = ({ service, kind }: Acting): boolean => service === 'events.amazonaws.com' && kind === 'key'

describe.each([
  ['as it ships', () => shipped],
  ['with everything', () => template],
])('%s', (_name, of) => {
  test('each service that acts on a resource is named in its policy, for this account alone', () => {
    const all = acting(of())

    expect(all.map(({ service, kind }) => `${service} ${kind}`)).toEqual(
      expect.arrayContaining([
        'cloudwatch.amazonaws.com topic',
        'events.amazonaws.com topic',
        'events.amazonaws.com queue',
        'sns.amazonaws.com queue',
      ]),
    )
    for (const one of all) {
      const naming = policyOf(of(), one.kind, one.id).filter(
        (statement) => statement.Effect === 'Allow' && services(statement).some((name) => name.includes(one.service)),
      )
      expect([one, naming.length]).toEqual([one, 1])
      if (!isWithoutSource(one)) expect(text(naming[0]?.Condition)).toMatch(SOURCE)
    }
  })

  test('no policy lets a service in without saying for whom', () => {
    const policies = [...ofType(of(), 'AWS::SNS::TopicPolicy'), ...ofType(of(), 'AWS::SQS::QueuePolicy')].flatMap(
      ([, { Properties }]) => statementsIn(Properties, 'PolicyDocument'),
    )

    for (const statement of policies.filter((one) => services(one).length > 0)) {
      expect(text(statement.Condition)).toMatch(SOURCE)
    }
    for (const [, { Properties }] of ofType(of(), 'AWS::Lambda::Permission')) {
      expect(Object.keys(Properties).some((name) => name === 'SourceArn' || name === 'SourceAccount')).toBe(true)
    }
  })
})

test('a key of one’s own encrypts the log groups and the topic, and names who uses it', () => {
  const keyed = acting(template).filter(({ kind }) => kind === 'key')

  expect(keyed.map(({ service }) => service).sort()).toEqual([
    'cloudwatch.amazonaws.com',
    'events.amazonaws.com',
    'logs.',
  ])
  for (const [, { Properties }] of ofType(template, 'AWS::Logs::LogGroup'))
    expect(Properties).toHaveProperty('KmsKeyId')
  const given = synthStack({ monitoringKey: OWN_KEY }).template()
  expect(ofType(given, 'AWS::SNS::Topic')[0]?.[1].Properties.KmsMasterKeyId).toBe(OWN_KEY)
  // That of the secrets, and that of the proofs.
  expect(ofType(given, 'AWS::KMS::Key')).toHaveLength(2)
})

test('the documented policy for an existing key is the one that the stack would write', () => {
  const page = readFileSync('docs/deploying.md', 'utf8')
  const documented: unknown = JSON.parse(/```json\n(\[[\s\S]*?\n\])\n```/.exec(page)?.[1] ?? '')
  const [, ...written] =
    ofType(template, 'AWS::KMS::Key')
      .map(([, { Properties }]) => statementsIn(Properties, 'KeyPolicy'))
      .find((statements) => statements.some(({ Sid }) => Sid === 'LogGroupsOfTheStage')) ?? []

  const plain = text(written).replaceAll(
    /\{"Fn::Join":\["",\[([^\]]*)\]\]\}/g,
    (_, parts: string) =>
      `"${parts
        .replaceAll(/\{"Ref":"AWS::Partition"\}/g, 'aws')
        .replaceAll(/\{"Ref":"AWS::URLSuffix"\}/g, 'amazonaws.com')
        .replaceAll(/"|,/g, '')}"`,
  )
  // The page's stage is the shipped one.
  expect(JSON.parse(plain.replaceAll('m2m-prod-', 'm2m-sandbox-'))).toEqual(documented)
})

test('the policy of the dead letters has as many statements with everything as without', () => {
  const sizes = [shipped, template].map((of) =>
    ofType(of, 'AWS::SQS::QueuePolicy').map(([, { Properties }]) => ({
      statements: statementsIn(Properties, 'PolicyDocument').length,
      bytes: text(Properties.PolicyDocument).length,
    })),
  )
  const most = sizes.map((queues) => Math.max(...queues.map(({ statements }) => statements)))

  expect(most).toEqual([3, 3])
  // SQS developer guide, "Quotas related to policies": 20 statements, 8,192 bytes.
  for (const { bytes } of sizes.flat()) expect(bytes).toBeLessThan(8192 / 2)
  for (const of of [shipped, template]) {
    const [[, topic] = ['', undefined]] = ofType(of, 'AWS::SNS::TopicPolicy')
    expect(topic && statementsIn(topic.Properties, 'PolicyDocument')).toHaveLength(3)
  }
})
