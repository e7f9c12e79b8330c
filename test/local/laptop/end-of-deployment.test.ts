// How a deployment ends on the laptop: what was applied is never called failed, and what was rolled back is never kept.
import { expect, test } from 'vitest'
import { endLines } from '../../../lambda/local/laptop/deployment-words.ts'
import { carryOutDeployment, type DeploymentWork } from '../../../lambda/local/laptop/end-of-deployment.ts'
import { StackFailed } from '../../../lambda/local/stack/stack.ts'

const carriedOut = async (broken: Partial<DeploymentWork> = {}) => {
  const done: string[] = []
  const note = (what: string) => async () => void done.push(what)
  const end = await carryOutDeployment({
    prepare: () => void done.push('prepare'),
    deploy: note('deploy'),
    keep: () => void done.push('keep'),
    settle: note('settle'),
    discard: note('discard'),
    ...broken,
  })
  return { end, done }
}
const fails = (error: unknown) => async (): Promise<never> => {
  throw error
}

test('a stack that stands is kept, and what follows it is done then', async () => {
  expect(await carriedOut()).toEqual({ end: { end: 'stands' }, done: ['prepare', 'deploy', 'keep', 'settle'] })
})

test('what fails after the stack stands leaves it standing, and is said', async () => {
  const { end, done } = await carriedOut({ settle: fails(new Error('nobody could be admitted')) })

  expect(end).toEqual({ end: 'stands', unsettled: 'nobody could be admitted' })
  expect(done).toEqual(['prepare', 'deploy', 'keep'])
})

test.each([
  [
    'in the stack, which could not be put back',
    { deploy: fails(new StackFailed('no room', [], ['Fn'])) },
    ['Fn'],
    'no room',
  ],
  ['in the stack', { deploy: fails(new Error('no room')) }, [], 'no room'],
  [
    'before it',
    {
      prepare: () => {
        throw new Error('no key')
      },
    },
    [],
    'no key',
  ],
])('what fails %s is rolled back, and not kept', async (_, broken, notPutBack, reason) => {
  const { end, done } = await carriedOut(broken)

  expect(end).toEqual({ end: 'rolledBack', reason, notPutBack })
  expect(done).not.toContain('keep')
  expect(done.at(-1)).toBe('discard')
})

test('whoever deploys reads that it is applied, and what failed afterwards', () => {
  const deployment = {
    id: 1,
    stack: 'm2m-shop',
    status: 'UPDATE_COMPLETE',
    changes: [],
    unchanged: 7,
    events: [],
    unsettled: 'nobody could be admitted',
  } as const

  expect(endLines(deployment)).toEqual([
    'm2m-shop is applied, but what follows a deployment failed: nobody could be admitted. Deploy it again.',
  ])
})
