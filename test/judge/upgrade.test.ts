// What CloudFormation deletes, replaces or fails on when one template follows another.
import { describe, expect, test } from 'vitest'
import { judgeUpgrade } from '../../scripts/judge/rules/upgrade.ts'
import { policy, ref, resource, stackOf } from './plant.ts'

type Resources = Readonly<Record<string, unknown>>

const between = (before: Resources, after: Resources) =>
  judgeUpgrade([stackOf(before)], [stackOf(after)]).map(({ at, says }) => `${at}: ${says}`)

const queue = (QueueName: string, more: object = {}) => resource('AWS::SQS::Queue', { QueueName }, more)
const kept = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' }

describe('an upgrade', () => {
  test('to the same template changes nothing', () => {
    const same = { Queue: queue('m2m'), Policy: resource('AWS::SQS::QueuePolicy', { Queues: [ref('Queue')] }) }

    expect(between(same, same)).toEqual([])
  })

  test('of a stack that is not deployed changes nothing', () => {
    expect(judgeUpgrade([stackOf({ Queue: queue('m2m') })], [stackOf({}, {}, { name: 'new' })])).toEqual([])
  })

  test('deletes what is gone, with what it holds', () => {
    expect(between({ Queue: queue('m2m') }, {})).toEqual([
      'planted/Queue: AWS::SQS::Queue m2m is deleted, with what it holds',
    ])
  })

  test('leaves behind what is kept', () => {
    expect(between({ Queue: queue('m2m', kept) }, {})).toEqual([
      'planted/Queue: AWS::SQS::Queue m2m leaves the stack and stays behind',
    ])
  })

  test('fails where a new logical id has the name of an old one, since it creates before it deletes', () => {
    expect(between({ Old: queue('m2m') }, { New: queue('m2m') })).toContain(
      'planted/New: AWS::SQS::Queue m2m cannot be created: Old still has the name',
    )
  })

  test('fails where a name moves from one resource to another that stays', () => {
    const before = { A: queue('one'), B: queue('two') }

    expect(between(before, { A: queue('two'), B: queue('two-b'), C: queue('one') })).toContain(
      'planted/C: AWS::SQS::Queue one cannot be created: A still has the name',
    )
  })

  test('fails where two resources swap their names', () => {
    const swapped = between({ A: queue('one'), B: queue('two') }, { A: queue('two'), B: queue('one') })

    expect(swapped).toEqual([
      'planted/A: AWS::SQS::Queue two cannot be created: B still has the name',
      'planted/B: AWS::SQS::Queue one cannot be created: A still has the name',
    ])
  })

  test('replaces what is renamed, and says what becomes of what it holds', () => {
    expect(between({ Queue: queue('one') }, { Queue: queue('two') })).toEqual([
      'planted/Queue: AWS::SQS::Queue one is replaced by two; what it holds is lost',
    ])
    expect(between({ Queue: queue('one', kept) }, { Queue: queue('two', kept) })).toEqual([
      'planted/Queue: AWS::SQS::Queue one is replaced by two; the old one stays behind',
    ])
  })

  test('replaces what loses its name by one that CloudFormation names', () => {
    const before = { Queue: queue('m2m', kept), Policy: resource('AWS::SQS::QueuePolicy', { Queues: [ref('Queue')] }) }

    expect(between(before, { ...before, Queue: resource('AWS::SQS::Queue', {}, kept) })).toEqual([
      'planted/Queue: AWS::SQS::Queue m2m is replaced by one that CloudFormation names; the old one stays behind',
    ])
  })

  test('fails where a resource with a fixed name must be replaced for something else', () => {
    const role = (Path: string) => ({ Role: resource('AWS::IAM::Role', { RoleName: 'm2m', Path }) })

    expect(between(role('/'), role('/m2m/'))).toEqual([
      'planted/Role: AWS::IAM::Role m2m must be replaced for Path, and cannot while it keeps its name',
    ])
  })

  test('replaces a key whose kind changes, with everything under it', () => {
    const key = (KeySpec: string) => ({ Key: resource('AWS::KMS::Key', { KeySpec }) })

    expect(between(key('SYMMETRIC_DEFAULT'), key('ECC_NIST_P256'))).toEqual([
      'planted/Key: AWS::KMS::Key is replaced for KeySpec, with what it holds',
    ])
  })

  test('fails where a custom resource is given to another function', () => {
    const client = (name: string) => ({ C: resource('Custom::M2mClient', { SecretName: 'm2m/a', ServiceToken: name }) })

    expect(between(client('one'), client('two'))).toEqual([
      'planted/C: the update fails: a custom resource cannot change its ServiceToken',
    ])
  })

  test('fails where a logical id becomes another type', () => {
    expect(between({ X: queue('m2m') }, { X: resource('AWS::SNS::Topic', { TopicName: 'm2m' }) })).toEqual([
      'planted/X: the update fails: AWS::SQS::Queue cannot become AWS::SNS::Topic',
    ])
  })
})

describe('a setting that another resource takes over', () => {
  test('is undone when the old one is deleted', () => {
    const set = resource('AWS::SQS::QueuePolicy', { Queues: ['url'] })

    expect(between({ Old: set }, { New: set })).toEqual([
      'planted/New: AWS::SQS::QueuePolicy is undone when Old, which sets the same, is deleted',
    ])
  })

  const statement = (StatementId: string) =>
    resource('AWS::Events::EventBusPolicy', { EventBusName: 'bus', StatementId })
  const bus = (...sids: readonly string[]) =>
    resource('AWS::Events::EventBus', {
      Name: 'bus',
      Policy: policy(...sids.map((Sid) => ({ Sid, Effect: 'Deny', Principal: '*', Action: 'events:PutEvents' }))),
    })

  test('a statement of the bus with a new id stays, and the old one goes', () => {
    expect(between({ Bus: bus(), S: statement('OnlySweep') }, { Bus: bus('Sweep') })).toEqual([
      'planted/S: AWS::Events::EventBusPolicy OnlySweep is deleted',
    ])
  })

  test('a statement of the bus that keeps its id is removed with the old one', () => {
    expect(between({ Bus: bus(), S: statement('OnlySweep') }, { Bus: bus('OnlySweep') })).toContain(
      'planted/S: its deletion removes the new statement OnlySweep from the bus',
    )
  })

  test('a policy of a function is set while its permissions are still there', () => {
    const Permission = resource('AWS::Lambda::Permission', { FunctionName: 'worker' })
    const Policy = resource('AWS::Lambda::ResourcePolicy', { ResourceArn: 'arn:aws:lambda:r:a:function:worker' })

    expect(between({ Permission }, { Policy })).toContain(
      'planted/Policy: the function still has permissions of the old template when its policy is set',
    )
  })

  test('published versions and deployments come and go', () => {
    const version = resource('AWS::Lambda::Version', { FunctionName: 'worker' })

    expect(between({ Version1: version }, { Version2: version })).toEqual([])
  })
})
