// Calls of the functions that the policy on the other side stops, or that the role's own statement aims at something else.
import { describe, expect, test } from 'vitest'
import { busAdmissions } from '../../scripts/judge/rules/bus-admissions.ts'
import { callsGetThrough } from '../../scripts/judge/rules/calls-get-through.ts'
import {
  ACCOUNT,
  type Change,
  planted,
  plantedAll,
  saidOf,
  statementIn,
  statementsIn,
  withoutStatement,
  withStatement,
} from './everything.ts'

const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/m2m-prod-${name}-eu-west-1`
const key = (change: (policy: unknown) => void) => planted('Key', 'AWS::KMS::Key', ({ KeyPolicy }) => change(KeyPolicy))
const bus = (change: (policy: unknown) => void) =>
  planted('EventsBus', 'AWS::Events::EventBus', ({ Policy }) => change(Policy))
const rights = (begins: string, change: (document: unknown) => void) =>
  planted(`${begins}RoleDefaultPolicy`, 'AWS::IAM::Policy', ({ PolicyDocument }) => change(PolicyDocument))

const conditionOf = (document: unknown, sid: string) =>
  statementIn(document, sid).Condition as Record<string, Record<string, unknown>>

describe("the secrets' key", () => {
  test.each([
    ['DecryptForReaders', 'kms:Decrypt'],
    ['EncryptForWriters', 'kms:GenerateDataKey'],
    ['TryForCreators', 'kms:Decrypt'],
  ])('without %s is found', async (sid, action) => {
    const said = await saidOf(
      callsGetThrough,
      key((policy) => withoutStatement(policy, sid)),
    )

    expect(said).toContainEqual(
      expect.stringMatching(new RegExp(`m2m-prod-registrar needs ${action} for .*, by the key: not allowed`)),
    )
  })

  test.each(['DecryptForReaders', 'EncryptForWriters'])('whose %s names another service is found', async (sid) => {
    const faulty = key((policy) => {
      conditionOf(policy, sid).StringEquals = { 'kms:ViaService': 'ssm.eu-west-1.amazonaws.com' }
    })

    expect(await saidOf(callsGetThrough, faulty)).toContainEqual(
      expect.stringMatching(/m2m-prod-rotation needs kms:\w+ for .*, by the key: not allowed/),
    )
  })

  test.each([
    ['AdministerNotUse', 'kms:PutKeyPolicy'],
    ['LookNotUse', 'kms:DescribeKey'],
  ])('without %s is found', async (sid, action) => {
    const faulty = key((policy) => withoutStatement(policy, sid))

    expect(await saidOf(callsGetThrough, faulty)).toEqual([
      expect.stringContaining(`the account's root needs ${action}, by the key`),
    ])
  })

  test('that a role may use through another service alone is found', async () => {
    const faulty = rights('RotationFn', (document) => {
      conditionOf(document, 'KeyThroughSecretsManager').StringEquals = {
        'kms:ViaService': 'secretsmanager.eu-north-1.amazonaws.com',
      }
    })

    expect(await saidOf(callsGetThrough, faulty)).toContainEqual(
      expect.stringMatching(/m2m-prod-rotation needs kms:Decrypt for .*, by its role: not allowed/),
    )
  })
})

describe('the bus', () => {
  test('that denies the rotation role is found', async () => {
    const faulty = bus((policy) =>
      withStatement(policy, {
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'events:PutEvents',
        Resource: '*',
        Condition: { ArnEquals: { 'aws:PrincipalArn': role('rotation') } },
      }),
    )

    expect(await saidOf(callsGetThrough, faulty)).toContainEqual(
      expect.stringMatching(/m2m-prod-rotation puts Rotation Completed of m2m.rotation on \w+: denied/),
    )
  })

  test.each(['m2m.rotation', 'm2m.sweep', 'm2m.vendor'])('that forgets %s among its sources is found', async (gone) => {
    const faulty = bus((policy) => {
      const keys = conditionOf(policy, 'KnownSourcesOnly')['ForAnyValue:StringNotEquals'] as Record<string, string[]>
      keys['events:source'] = (keys['events:source'] ?? []).filter((source) => source !== gone)
    })

    expect(await saidOf(callsGetThrough, faulty)).toContainEqual(expect.stringMatching(`of ${gone} on .*: denied`))
  })

  test.each(['m2m.security', 'm2m.break-glass'])('that forgets %s, whom it lets in, is found', async (gone) => {
    const faulty = bus((policy) => {
      const keys = conditionOf(policy, 'KnownSourcesOnly')['ForAnyValue:StringNotEquals'] as Record<string, string[]>
      keys['events:source'] = (keys['events:source'] ?? []).filter((source) => source !== gone)
    })

    expect(await saidOf(busAdmissions, faulty)).toContainEqual(
      expect.stringContaining(`is let in for ${gone}, and another statement stops it: denied`),
    )
  })

  /** Whoever speaks is held to its types by its own permission as well: with both gone, any type gets through. */
  const withoutTypes = (document: unknown): void => {
    for (const { Condition } of statementsIn(document)) {
      const { 'ForAllValues:StringEquals': all, Null: present } = (Condition ?? {}) as Record<
        string,
        Record<string, unknown>
      >
      delete all?.['events:detail-type']
      delete present?.['events:detail-type']
    }
  }
  const busAndSpeakersWithout = (sid: string) =>
    plantedAll([
      {
        begins: 'EventsBus',
        type: 'AWS::Events::EventBus',
        change: ({ Policy }) => {
          withoutStatement(Policy, sid)
          withoutTypes({ Statement: statementsIn(Policy).filter(({ Effect }) => Effect === 'Allow') })
        },
      },
      { begins: '', type: 'AWS::IAM::Policy', change: ({ PolicyDocument }) => withoutTypes(PolicyDocument) },
    ])

  test.each([
    ['M2mRotationKnownTypesOnly', 'may put events of m2m.rotation of a type that its source does not have'],
    ['M2mSecurityKnownTypesOnly', 'may put events of m2m.security of a type that its source does not have'],
    ['NamedTypesOnly', 'may put events of m2m.sweep of no type'],
  ])('without %s is found', async (sid, says) => {
    const said = await saidOf(busAdmissions, busAndSpeakersWithout(sid))

    expect(said).toContainEqual(expect.stringContaining(says))
  })

  test('that forgets a type of a source is found', async () => {
    const faulty = bus((policy) => {
      conditionOf(policy, 'M2mRotationKnownTypesOnly')['ForAnyValue:StringNotEquals'] = {
        'events:detail-type': ['M2M Secret Changed'],
      }
    })

    expect(await saidOf(callsGetThrough, faulty)).toContainEqual(expect.stringContaining('puts Secret Revoked'))
  })
})

describe('PublishOnTheBus', () => {
  const telling = (change: Change) =>
    rights('RotationFn', (document) => change(statementIn(document, 'PublishOnTheBus'), 'PublishOnTheBus'))

  test('that names another bus is found', async () => {
    const other = `arn:aws:events:eu-west-1:${ACCOUNT}:event-bus/m2m-staging`
    const said = await saidOf(
      callsGetThrough,
      telling((statement) => {
        statement.Resource = other
      }),
    )

    expect(said).toContainEqual(expect.stringContaining(`may put events on ${other}, which is not the stack's bus`))
    expect(said).toContainEqual(expect.stringMatching(/puts Rotation Completed of m2m.rotation on \w+: not allowed/))
  })

  test('that names another source is found', async () => {
    const said = await saidOf(
      callsGetThrough,
      telling((statement) => {
        const Condition = statement.Condition as Record<string, unknown>
        Condition['ForAllValues:StringEquals'] = { 'events:source': 'm2m.sweep' }
      }),
    )

    expect(said).toContainEqual(expect.stringMatching(/puts Rotation Completed of m2m.rotation on \w+: not allowed/))
  })
})

describe('what a function writes to or calls', () => {
  test("identify's policy that denies the intake is found", async () => {
    const faulty = planted('IdentifyOnlyItsCallers', 'AWS::Lambda::ResourcePolicy', ({ PolicyDocument }) => {
      const keys = conditionOf(PolicyDocument, 'OnlyItsCallers').ArnNotEquals as Record<string, unknown[]>
      // The intake's role is a reference, the others are texts.
      keys['aws:PrincipalArn'] = (keys['aws:PrincipalArn'] ?? []).filter(
        (one) => !JSON.stringify(one).includes('IntakeFnRole') && !JSON.stringify(one).includes('m2m-prod-intake'),
      )
    })

    expect(await saidOf(callsGetThrough, faulty)).toEqual([
      expect.stringMatching(/m2m-prod-intake calls lambda:InvokeFunction on IdentifyFn\w*: denied/),
    ])
  })

  test("the evidence's bucket that denies the archive's role is found", async () => {
    const faulty = planted('EvidenceBucketPolicy', 'AWS::S3::BucketPolicy', ({ PolicyDocument }) => {
      conditionOf(PolicyDocument, 'OnlyTheArchiveWrites').ArnNotEquals = { 'aws:PrincipalArn': role('sweep') }
    })

    expect(await saidOf(callsGetThrough, faulty)).toEqual([
      expect.stringMatching(/m2m-prod-archive calls s3:PutObject on EvidenceBucket\w*: denied/),
    ])
  })

  test('a queue that denies the function whose failed events it keeps is found', async () => {
    const faulty = planted('EvidenceUnarchivedPolicy', 'AWS::SQS::QueuePolicy', ({ PolicyDocument }) =>
      withStatement(PolicyDocument, { Effect: 'Deny', Principal: '*', Action: 'sqs:SendMessage', Resource: '*' }),
    )

    expect(await saidOf(callsGetThrough, faulty)).toEqual([
      expect.stringMatching(/m2m-prod-archive calls sqs:SendMessage on EvidenceUnarchived\w*: denied/),
    ])
  })

  test('a right to write into a bucket that the stack does not have is found', async () => {
    const faulty = rights('EvidenceFn', (document) => {
      statementIn(document, 'ArchiveInOwnAccount').Resource = 'arn:aws:s3:::other/*'
    })

    expect(await saidOf(callsGetThrough, faulty)).toEqual([
      expect.stringContaining('may call s3:PutObject on arn:aws:s3:::other/*, which the stack does not have'),
    ])
  })
})

test("log statements of another function's group are found", async () => {
  const other = `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:/aws/lambda/m2m-prod-other:*`
  const faulty = rights('RotationFn', (document) => {
    const statements = (document as { Statement: Record<string, unknown>[] }).Statement
    for (const one of statements) if (JSON.stringify(one.Action).includes('logs:PutLogEvents')) one.Resource = other
  })

  const said = await saidOf(callsGetThrough, faulty)

  expect(said).toContainEqual(expect.stringMatching(/m2m-prod-rotation needs logs:PutLogEvents on .*: not allowed/))
  expect(said).toContainEqual(
    expect.stringContaining(`may call logs:PutLogEvents on ${other}, which is not its log group`),
  )
})
