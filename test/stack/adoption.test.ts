// Proof of adoption in the stack: off unless asked for; the rule that sees calls which only read; who may write the record, and who may ask.
import { Match, type Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import { exampleConfig, resourcesOf, roleStatements, synthStack } from './synth.ts'

const rotation = { adoptionProof: {} }
let template: Template
beforeAll(() => {
  template = synthStack({ rotation }).template()
})

const text = (value: unknown): string => JSON.stringify(value)
const ofType = (found: Template, type: string) => Object.values(resourcesOf(found)).filter(({ Type }) => Type === type)

test('without it there is no function that records reads, and the sweep may ask for none', () => {
  const without = synthStack({}).template()

  expect(text(resourcesOf(without))).not.toContain('m2m-prod-reads')
  const asked = roleStatements(without, 'SweepFnRole').filter((statement) => text(statement).includes('dynamodb:'))
  expect(asked).toMatchObject([
    { Sid: 'ReadVersions', Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['versions#*'] } } },
    { Sid: 'RememberReports', Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['reports#*'] } } },
  ])
})

describe('the rule', () => {
  test('is told of calls that only read, below the prefix, that succeeded', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      EventPattern: {
        source: ['aws.secretsmanager'],
        detail: {
          eventName: ['GetSecretValue', 'BatchGetSecretValue'],
          errorCode: [{ exists: false }],
          requestParameters: {
            $or: [
              { secretId: [{ prefix: 'm2m/prod/' }, { wildcard: 'arn:*:secret:m2m/prod/*' }] },
              { secretIdList: [{ prefix: 'm2m/prod/' }, { wildcard: 'arn:*:secret:m2m/prod/*' }] },
            ],
          },
        },
      },
    })
  })
})

describe('the record', () => {
  test('is written by its function alone, which may do nothing else but log and trace', () => {
    const statements = roleStatements(template, 'AdoptionFnRole')

    expect(text(statements)).toContain('dynamodb:UpdateItem')
    expect(text(statements)).not.toContain('secretsmanager:')
    const writers = ofType(template, 'AWS::IAM::Policy').filter((one) => text(one).includes('"RecordReads"'))
    expect(writers).toHaveLength(1)
  })

  test('is asked by the sweep, which may not write it', () => {
    const statements = text(roleStatements(template, 'SweepFnRole'))

    expect(statements).toContain('dynamodb:Query')
    expect(statements).not.toContain('dynamodb:UpdateItem')
  })

  test('has no table of its own', () => {
    template.resourceCountIs('AWS::DynamoDB::GlobalTable', 1)
  })
})

test('the sweep knows the table, the wait and whose reads are our own', () => {
  template.hasResourceProperties('AWS::Lambda::Function', {
    FunctionName: 'm2m-prod-sweep',
    Environment: {
      Variables: {
        M2M_RECORDS_TABLE: { Ref: Match.stringLikeRegexp('^RecordsTable') },
        M2M_ADOPTION_WAIT_HOURS: '72',
        M2M_READS_LOOK_BACK_HOURS: '720',
      },
    },
  })
  const [sweep] = ofType(template, 'AWS::Lambda::Function').filter((one) => text(one).includes('"m2m-prod-sweep"'))
  expect(text(sweep)).toContain(':role/m2m-prod-rotation-')
})

test('people are told of what was not proven, and of what could not be recorded', () => {
  const all = text(resourcesOf(template))

  // The sweep's digest names what was not proven.
  template.hasResourceProperties('AWS::Events::Rule', { EventPattern: { 'detail-type': ['Sweep Digest'] } })
  expect(all).toContain('#adoption-unproven')
})

describe('the settings', () => {
  const faultsOf = (changes: object): string => {
    try {
      readDeployConfig({ ...exampleConfig, rotation: changes })
      return ''
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  test.each([
    [{ adoptionProof: { waitAtMost: '30d' } }, 'waitAtMost'],
    [{ adoptionProof: { lookBack: '3d' } }, 'lookBack'],
    [{ adoptionProof: { wait: '3d' } }, 'wait'],
    [{ adoptionProof: { waitAtMost: 'soon' } }, 'waitAtMost'],
  ])('%j are refused by name', (changes, name) => {
    expect(faultsOf(changes)).toContain(name)
  })

  test('as they are by default fit', () => {
    expect(faultsOf({ adoptionProof: {} })).toBe('')
  })
})
