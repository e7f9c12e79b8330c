// What `npm run laptop -- --deploy` takes and prints: each change in a line that says what becomes of the resource, and how a deployment ended.
import { expect, test } from 'vitest'
import { changeLines, endLines, eventLine } from '../../../lambda/local/laptop/deployment-words.ts'
import type { Deployment } from '../../../lambda/local/laptop/deployments.ts'
import { readPorts } from '../../../lambda/local/laptop/ports.ts'

const deployment: Deployment = {
  id: 1,
  stack: 'm2m-shop',
  status: 'UPDATE_IN_PROGRESS',
  changes: [
    { id: 'New', type: 'AWS::SQS::Queue', name: 'm2m-shop-new', action: 'create' },
    { id: 'Fn', type: 'AWS::Lambda::Function', name: 'm2m-shop-fn', action: 'update', properties: ['Timeout'] },
    {
      id: 'Rule',
      type: 'AWS::Events::Rule',
      name: 'two',
      action: 'replace',
      properties: ['Name'],
      replaced: { name: 'one', isKept: false },
    },
    { id: 'Old', type: 'AWS::SNS::Topic', name: 'Old', action: 'remove' },
    { id: 'Log', type: 'AWS::Logs::LogGroup', name: '/aws/x', action: 'keep' },
  ],
  unchanged: 7,
  events: [],
}

test('each change says what becomes of the resource', () => {
  expect(changeLines(deployment)).toEqual([
    'm2m-shop: 1 created, 1 changed, 1 replaced, 1 deleted, 1 left behind; 7 unchanged',
    '  + AWS::SQS::Queue New (m2m-shop-new)',
    '  ~ AWS::Lambda::Function Fn (m2m-shop-fn): Timeout',
    '  ± AWS::Events::Rule Rule (two): replaces one, which is deleted; Name cannot change in place',
    '  - AWS::SNS::Topic Old: is deleted',
    '  = AWS::Logs::LogGroup Log (/aws/x): leaves the stack and stays in the account',
  ])
  expect(changeLines({ ...deployment, changes: [] })).toEqual(['m2m-shop: no changes.'])
})

test('what failed says why, what was put back, and what could not be', () => {
  const events = [
    { id: 'Fn', type: 'AWS::Lambda::Function', status: 'UPDATE_COMPLETE' },
    { id: 'New', type: 'AWS::SQS::Queue', status: 'CREATE_FAILED', reason: 'no room' },
    { id: 'Fn', type: 'AWS::Lambda::Function', status: 'UPDATE_COMPLETE', reason: 'rolled back' },
    { id: 'New', type: 'AWS::SQS::Queue', status: 'DELETE_COMPLETE' },
  ]
  const failed: Deployment = { ...deployment, status: 'UPDATE_ROLLBACK_COMPLETE', events, reason: 'New: no room' }

  expect(endLines(failed)).toEqual([
    'm2m-shop: New: no room',
    'Rolled back to the configuration before; put back as before: Fn; removed again: New.',
  ])
  expect(endLines({ ...failed, status: 'UPDATE_ROLLBACK_FAILED', notPutBack: ['Fn'] })).toEqual([
    'm2m-shop: New: no room',
    'The rollback failed for Fn. Restart the laptop.',
  ])
  expect(endLines({ ...failed, status: 'ROLLBACK_COMPLETE', events: [] })[1]).toBe(
    'Rolled back to nothing: the stage was not there before.',
  )
})

test('a new stage’s routine is not printed, its clients and failures are', () => {
  const isNew: Deployment = { ...deployment, status: 'CREATE_IN_PROGRESS' }
  const made = (type: string) => ({ id: 'A', type, status: 'CREATE_COMPLETE' })

  expect(eventLine(made('AWS::SQS::Queue'), isNew)).toBeUndefined()
  expect(eventLine(made('Custom::M2mClient'), isNew)).toBe('CREATE_COMPLETE Custom::M2mClient A')
  expect(eventLine({ ...made('AWS::SQS::Queue'), status: 'CREATE_FAILED', reason: 'no' }, isNew)).toBe(
    'CREATE_FAILED AWS::SQS::Queue A: no',
  )
  expect(eventLine(made('AWS::SQS::Queue'), deployment)).toBe('CREATE_COMPLETE AWS::SQS::Queue A')
})

test('--deploy takes a file, and beside it only the port of the laptop that runs', () => {
  expect(readPorts(['--deploy', 'other.json', '--aws-port', '4567'])).toEqual({
    deployFile: 'other.json',
    awsPort: 4567,
  })
  expect(() => readPorts(['--deploy', 'other.json', '--config', 'my.json'])).toThrow('expected only --aws-port')
  expect(() => readPorts(['--deploy'])).toThrow('--deploy: expected a file')
})
