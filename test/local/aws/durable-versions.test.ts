// Which code an execution runs: the version its caller's alias named when it began, from its first invocation to its last, whatever is
// deployed meanwhile; a chained invocation asks the alias when it is made.
import { InvokeCommand, ListDurableExecutionsByFunctionCommand } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { arnOf, type Body, type DurableSeat, HOUR, openDurable } from './durable-seat.ts'

let seat: DurableSeat

beforeEach(async () => {
  seat = await openDurable()
  seat.configured.set('flow', { aliases: ['live'] })
})
afterEach(() => seat.close())

/** Notes in each step which code runs it, with an hour between the two. */
const noting =
  (code: string, ran: string[]): Body =>
  async (_event, context) => {
    await context.step('first', async () => void ran.push(`first by ${code}`))
    await context.wait('an hour', { hours: 1 })
    await context.step('second', async () => void ran.push(`second by ${code}`))
    return code
  }

const deploy = (name: string, body: Body): string => {
  const version = seat.standIn.versions.publish(arnOf(name))
  seat.standIn.versions.point(arnOf(name), 'live', version)
  seat.bodies.set(`${name}@${version}`, body)
  return version
}

describe('a deployment during an execution', () => {
  it('leaves it on the version that it began on; what begins afterwards runs the new one', async () => {
    const ran: string[] = []
    seat.bodies.set('flow', noting('old', ran))
    const before = await seat.start('flow')
    await seat.asleep('flow')

    expect(deploy('flow', noting('new', ran))).toBe('2')
    const after = await seat.start('flow')
    await seat.asleep('flow', 2)
    seat.world.clock.advance(HOUR)
    const ends = [await seat.endOf(before), await seat.endOf(after)]

    expect(ends.map(({ Result }) => Result)).toEqual(['"old"', '"new"'])
    expect(ends.map(({ Version }) => Version)).toEqual(['1', '2'])
    expect(before).toContain(`${arnOf('flow')}:1/durable-execution/`)
    expect(after).toContain(`${arnOf('flow')}:2/durable-execution/`)
    expect(ran.filter((line) => line.endsWith('old'))).toEqual(['first by old', 'second by old'])
    expect(ran.filter((line) => line.endsWith('new'))).toEqual(['first by new', 'second by new'])
  })

  it('is followed by a chained invocation, whose alias is asked when it is made', async () => {
    seat.bodies.set('child', async () => 'old child')
    seat.bodies.set('flow', async (_event, context) => {
      const first = await context.invoke<object, string>('first', `${arnOf('child')}:live`, {})
      await context.wait('an hour', { hours: 1 })
      const second = await context.invoke<object, string>('second', 'child:live', {})
      const pinned = await context.invoke<object, string>('pinned', 'child:1', {})
      return [first, second, pinned]
    })
    const arn = await seat.start('flow')
    await seat.asleep('flow')

    deploy('child', async () => 'new child')
    seat.world.clock.advance(HOUR)

    expect((await seat.endOf(arn)).Result).toBe('["old child","new child","old child"]')
  })

  it('shows in the list: an alias means the version that it names now', async () => {
    seat.bodies.set('flow', noting('old', []))
    const before = await seat.start('flow')
    deploy('flow', noting('new', []))
    const after = await seat.start('flow', {}, 'by-name')

    const list = async (filters: object) => {
      const command = new ListDurableExecutionsByFunctionCommand({ FunctionName: 'flow', ...filters })
      const { DurableExecutions = [], NextMarker } = await seat.lambda.send(command)
      return { arns: DurableExecutions.map(({ DurableExecutionArn }) => DurableExecutionArn), NextMarker }
    }

    expect((await list({})).arns).toEqual([after, before])
    // “Set to true to return results in chronological order (oldest first).”
    expect((await list({ ReverseOrder: true })).arns).toEqual([before, after])
    expect((await list({ Qualifier: 'live' })).arns).toEqual([after])
    expect((await list({ Qualifier: '1' })).arns).toEqual([before])
    expect((await list({ DurableExecutionName: 'by-name' })).arns).toEqual([after])
    expect((await list({ Statuses: ['SUCCEEDED', 'FAILED'] })).arns).toEqual([])
    expect((await list({ StartedAfter: new Date(seat.world.clock.now() + HOUR) })).arns).toEqual([])
    expect(await list({ MaxItems: 1 })).toEqual({ arns: [after], NextMarker: '1' })
    expect(await list({ MaxItems: 1, Marker: '1' })).toEqual({ arns: [before], NextMarker: undefined })
  })
})

describe('what is refused', () => {
  const invoke = (FunctionName: string) =>
    seat.lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: '{}' }))

  it.each(['flow:2', 'flow:blue'])('%s, which is neither a version nor an alias', async (name) => {
    seat.bodies.set('flow', async () => 'done')

    await expect(invoke(name)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  it('a chained invocation of a durable function without a qualifier', async () => {
    seat.bodies.set('child', async () => 'done')
    seat.bodies.set('flow', (_event, context) => context.invoke('child', arnOf('child'), {}))

    const { Status, Error: error } = await seat.endOf(await seat.start('flow'))

    expect(Status).toBe('FAILED')
    expect(error?.ErrorMessage).toContain('unqualified ARN')
  })
})

it('$LATEST is taken, and is what was deployed last', async () => {
  seat.bodies.set('flow@$LATEST', async () => 'latest')
  seat.bodies.set('flow', async () => 'live')

  const reply = await seat.lambda.send(new InvokeCommand({ FunctionName: 'flow:$LATEST', Payload: '{}' }))

  expect(reply.Payload?.transformToString()).toBe('"latest"')
  expect(reply.ExecutedVersion).toBe('$LATEST')
})
