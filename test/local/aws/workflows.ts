// Generated workflows of durable operations, as data, and the one body that carries any of them out: for running the same workflow on the
// stand-in and on AWS's testing library.
import { type DurableContext, NestingType } from '@aws/durable-execution-sdk-js'
import fc from 'fast-check'
import { arnOf } from './durable-seat.ts'

/** By which chained invocations are made; each engine registers them. */
export const CHILD = `${arnOf('child')}:live`
export const PLAIN = arnOf('plain')

export interface Act {
  readonly kind: 'step' | 'wait' | 'context' | 'parallel' | 'map' | 'durable' | 'plain'
  readonly name: string
  /** Of a step: attempts that fail. Of what is invoked: whether it fails. */
  readonly failures: number
  /** Of a step. */
  readonly attempts: number
  readonly seconds: number
  /** Of a context, a parallel, or a map: what is inside, one list a branch. */
  readonly branches: readonly (readonly Act[])[]
  readonly maxConcurrency: number
  readonly nesting: 'FLAT' | 'NESTED'
  /** Whether a failure is caught, and becomes the act's value. */
  readonly isCaught: boolean
}

export interface Workflow {
  readonly acts: readonly Act[]
}

const MAX_DEPTH = 2

const actOf = (depth: number): fc.Arbitrary<Act> => {
  const kinds = ['step', 'step', 'step', 'wait', 'durable', 'plain'] as const
  const containers = depth < MAX_DEPTH ? (['context', 'parallel', 'map'] as const) : []
  return fc.constantFrom(...kinds, ...containers).chain((kind) => {
    const isContainer = kind === 'context' || kind === 'parallel' || kind === 'map'
    const branches = kind === 'context' ? 1 : 3
    return fc.record<Act>({
      kind: fc.constant(kind),
      name: fc.constantFrom('a', 'b', 'c'),
      failures: fc.constantFrom(0, 0, 0, 1, 2),
      attempts: fc.constantFrom(1, 2, 3),
      seconds: fc.integer({ min: 1, max: 86_400 }),
      branches: isContainer
        ? fc.array(fc.array(actOf(depth + 1), { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: branches })
        : fc.constant([]),
      maxConcurrency: fc.constantFrom(1, 2, 5),
      nesting: fc.constantFrom('FLAT', 'NESTED'),
      isCaught: fc.boolean(),
    })
  })
}

const workflow: fc.Arbitrary<Workflow> = fc.record({ acts: fc.array(actOf(0), { minLength: 1, maxLength: 4 }) })

export const workflowsOf = (seed: number, count: number): readonly Workflow[] =>
  fc.sample(workflow, { seed, numRuns: count })

/** Without branches that run side by side, whose operations may begin in either order. */
export const isSequential = ({ acts }: Workflow): boolean =>
  acts.every(
    ({ kind, branches }) =>
      kind !== 'parallel' && kind !== 'map' && branches.every((inside) => isSequential({ acts: inside })),
  )

const carryOut = async (
  context: DurableContext,
  act: Act,
  tried: Map<string, number>,
  path: string,
): Promise<unknown> => {
  const { kind, name, branches, maxConcurrency, failures } = act
  const nesting = NestingType[act.nesting]
  // All come to their end: how far the others are when one fails is a matter of time, which the library does not keep.
  const completionConfig = { toleratedFailurePercentage: 100 }
  const inside = (child: DurableContext, at: number) => carryAllOut(child, branches[at] ?? [], tried, `${path}.${at}`)
  switch (kind) {
    case 'step':
      return context.step(
        name,
        async () => {
          const nth = (tried.get(path) ?? 0) + 1
          tried.set(path, nth)
          if (nth <= failures) throw new RangeError(`${path} failed for the ${nth}. time`)
          return { path, nth }
        },
        {
          retryStrategy: (_error, attempt) => ({
            shouldRetry: attempt < act.attempts,
            delay: { seconds: 1 + (act.seconds % 600) },
          }),
        },
      )
    case 'wait':
      await context.wait(name, { seconds: act.seconds })
      return 'waited'
    case 'context':
      return context.runInChildContext(name, (child) => inside(child, 0))
    case 'parallel': {
      const run = branches.map((_, at) => ({
        name: `${name}-${at}`,
        func: (child: DurableContext) => inside(child, at),
      }))
      const batch = await context.parallel(name, run, { maxConcurrency, nesting, completionConfig })
      batch.throwIfError()
      return batch.getResults()
    }
    case 'map': {
      const items = branches.map((_, at) => at)
      const each = (child: DurableContext, at: number) => inside(child, at)
      const batch = await context.map(name, items, each, { maxConcurrency, nesting, completionConfig })
      return batch.all.map(({ status, result }) => ({ status, result }))
    }
    case 'durable':
      return context.invoke(name, CHILD, { path, failures })
    case 'plain':
      return context.invoke(name, PLAIN, { path, failures })
  }
}

const carryAllOut = async (
  context: DurableContext,
  acts: readonly Act[],
  tried: Map<string, number>,
  path = '',
): Promise<unknown> => {
  const values: unknown[] = []
  for (const [at, act] of acts.entries()) {
    const done = carryOut(context, act, tried, `${path}/${at}`)
    values.push(act.isCaught ? await done.catch((error: Error) => ({ caught: error.message })) : await done)
  }
  return values
}

/** Steps fail by the dozen here, and the SDK reports each. */
const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }

/** What a durable function does with a workflow; `tried` outlives its invocations. */
export const bodyOf = ({ acts }: Workflow) => {
  const tried = new Map<string, number>()
  return (_event: unknown, context: DurableContext): Promise<unknown> => {
    context.configureLogger({ customLogger: silent })
    return carryAllOut(context, acts, tried)
  }
}

interface Asked {
  readonly path: string
  readonly failures: number
}

/** Behind CHILD. */
export const childBody = async ({ path, failures }: Asked, context: DurableContext): Promise<unknown> => {
  context.configureLogger({ customLogger: silent })
  await context.wait('a minute', { minutes: 1 })
  if (failures > 0) throw new TypeError(`the child of ${path} failed`)
  return context.step('answer', async () => ({ child: path }))
}

/** Behind PLAIN. */
export const plainBody = async ({ path, failures }: Asked): Promise<unknown> => {
  if (failures > 0) throw new TypeError(`the function asked by ${path} failed`)
  return { plain: path }
}
