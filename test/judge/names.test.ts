// Names that two stages share, kept names, and reservations that add up.
import { describe, expect, test } from 'vitest'
import { concurrency, reservedIn } from '../../scripts/judge/rules/concurrency.ts'
import { names } from '../../scripts/judge/rules/names.ts'
import { retainedNamed } from '../../scripts/judge/rules/retained-named.ts'
import { ref, resource, said, stackOf } from './plant.ts'

const queue = (QueueName?: string, more: object = {}) => ({ Queue: resource('AWS::SQS::Queue', { QueueName }, more) })

describe('names', () => {
  const side = (resources: Readonly<Record<string, unknown>>, more = {}) => stackOf(resources, more, { name: 'other' })

  test('two stages with names of their own stand side by side', async () => {
    expect(await said(names, [stackOf(queue('m2m-one')), side(queue('m2m-two'))])).toEqual([])
  })

  test('a name that two stages share is found, with who has it', async () => {
    expect(await said(names, [stackOf(queue('m2m')), side(queue('m2m'))])).toEqual([
      'other/Queue: QueueName m2m is taken by planted/Queue',
    ])
  })

  test('what CloudFormation names itself never collides', async () => {
    expect(await said(names, [stackOf(queue()), side(queue())])).toEqual([])
  })

  test('the id of a statement on a bus is shared by the whole Region, whatever the bus', async () => {
    const statement = (bus: string) => ({
      S: resource('AWS::Events::EventBusPolicy', { EventBusName: bus, StatementId: 'NoOtherSource' }),
    })

    expect(await said(names, [stackOf(statement('one')), side(statement('two'))])).toHaveLength(1)
  })

  test('rules of one name on two buses, and aliases of one name on two functions, are two', async () => {
    const on = (EventBusName: string, FunctionName: string) => ({
      Rule: resource('AWS::Events::Rule', { Name: 'refused', EventBusName }),
      Alias: resource('AWS::Lambda::Alias', { Name: 'live', FunctionName }),
    })

    expect(await said(names, [stackOf(on('one', 'a')), side(on('two', 'b'))])).toEqual([])
    expect(await said(names, [stackOf(on('one', 'a')), side(on('one', 'a'))])).toHaveLength(2)
  })

  test('an account has a role of one name in all Regions, and a queue of one name in each', async () => {
    const both = { ...queue('m2m'), Role: resource('AWS::IAM::Role', { RoleName: 'm2m' }) }
    const elsewhere = stackOf(both, {}, { name: 'other', region: 'eu-north-1' })

    expect(await said(names, [stackOf(both), elsewhere])).toEqual(['other/Role: RoleName m2m is taken by planted/Role'])
  })

  test('exports and settings of the account are shared, too', async () => {
    const Account = resource('AWS::ApiGateway::Account', { CloudWatchRoleArn: 'arn' })
    const Outputs = { Key: { Value: 'x', Export: { Name: 'm2m-key' } } }

    expect(await said(names, [stackOf({ Account }, { Outputs }), side({ Account }, { Outputs })])).toHaveLength(2)
  })
})

describe('retained-named', () => {
  const kept = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' }
  const safe = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' }

  test('a kept name is in the way after a rolled-back creation', async () => {
    expect(await said(retainedNamed, stackOf(queue('m2m', kept)))).toEqual([
      'planted/Queue: m2m is retained when its creation is rolled back, and in the way of the next deployment',
    ])
  })

  test('a name that is kept on update and delete alone is not', async () => {
    expect(await said(retainedNamed, stackOf(queue('m2m', safe)))).toEqual([])
  })

  test('what CloudFormation names itself may be kept always', async () => {
    expect(await said(retainedNamed, stackOf(queue(undefined, kept)))).toEqual([])
  })

  test('what is kept on delete is kept when it is replaced', async () => {
    const lost = { DeletionPolicy: 'RetainExceptOnCreate' }

    expect(await said(retainedNamed, stackOf(queue('m2m', lost)))).toHaveLength(1)
  })
})

describe('concurrency', () => {
  const fn = (ReservedConcurrentExecutions?: number) =>
    resource('AWS::Lambda::Function', { ReservedConcurrentExecutions })

  test('reservations of all stacks of a Region come out of one quota, of which 100 stay free', async () => {
    const stacks = [stackOf({ A: fn(50), B: fn(43) }), stackOf({ A: fn(7) }, {}, { name: 'other' })]

    expect([...reservedIn(stacks).values()]).toEqual([100])
    expect(await said(concurrency, stacks, { concurrencyQuota: 200 })).toEqual([])
    expect(await said(concurrency, stacks, { concurrencyQuota: 199 })).toEqual([
      'planted/: reserves 100 executions, for which the quota must be 200, not 199',
    ])
  })

  test('a new account, with a quota of 10, takes stacks without reservations', async () => {
    expect(await said(concurrency, stackOf({ A: fn() }), { concurrencyQuota: 10 })).toEqual([])
  })

  test('a reservation of 0 stops the function', async () => {
    expect(await said(concurrency, stackOf({ A: fn(0) }))).toEqual([
      'planted/A: reserves 0, which stops the function: leave the property out',
    ])
  })
})

test('a name that refers to the stage is compared as what it becomes', async () => {
  const named = {
    Queue: resource('AWS::SQS::Queue', { QueueName: { 'Fn::Join': ['-', ['m2m', ref('AWS::Region')]] } }),
  }

  expect(await said(names, [stackOf(named), stackOf(named, {}, { name: 'other', region: 'eu-north-1' })])).toEqual([])
  expect(await said(names, [stackOf(named), stackOf(named, {}, { name: 'other' })])).toHaveLength(1)
})
