// An update from an earlier commit's template to today's, as CloudFormation carries it out: nothing that holds data is replaced or deleted, and one
// that fails, at whichever resource, leaves everything as it stood. Players only note what they are asked.
import { beforeEach, expect, test } from 'vitest'
import { kindOf } from '../../../lambda/local/stack/kinds.ts'
import type { PlayedResource, Player } from '../../../lambda/local/stack/player.ts'
import { notPlayed } from '../../../lambda/local/stack/players/all.ts'
import { createStack, type Stack } from '../../../lambda/local/stack/stack.ts'
import { earlierStackFile, upgradeConfig } from '../../fakes/earlier-template.ts'
import { synthStack } from '../../stack/synth.ts'

const earlier = earlierStackFile()
const today = synthStack(upgradeConfig).template().toJSON()
const place = { account: '123456789012', region: 'eu-central-1', ...earlier.place }

let removed: PlayedResource[] = []
let failing: string | undefined
const noting: Player = {
  put: ({ id, type, name }) => {
    if (id === failing) throw new Error(`no ${id}`)
    return type.startsWith('Custom::') ? { name } : undefined
  },
  remove: (resource) => {
    removed.push(resource)
  },
}

const open = async (): Promise<Stack> => {
  const stack = createStack({
    place,
    players: new Proxy({}, { get: () => noting }),
    notPlayed: (type) => type in notPlayed,
    parameters: { BootstrapVersion: '30' },
  })
  await stack.deploy(earlier.template)
  return stack
}

/** Its loss loses what nobody can make again; a bus, what is archived of it and who may put events. */
const holdsData = ({ type }: Pick<PlayedResource, 'type'>): boolean =>
  kindOf(type).holdsData === true || ['AWS::Events::EventBus', 'AWS::Events::Archive'].includes(type)

let stack: Stack
beforeEach(async () => {
  failing = undefined
  removed = []
  stack = await open()
})

test('the earlier template is another one, of the same stage', () => {
  expect(stack.changes(today).length).toBeGreaterThan(10)
  expect(stack.resources().filter(holdsData).length).toBeGreaterThan(10)
})

test('nothing that holds data is replaced or deleted', async () => {
  const held = new Map(
    stack
      .resources()
      .filter(holdsData)
      .map((one) => [one.id, one.name]),
  )
  const lost = stack.changes(today).filter(({ id, action }) => held.has(id) && action !== 'update')

  await stack.deploy(today)

  expect(lost).toEqual([])
  expect(removed.filter(holdsData)).toEqual([])
  for (const [id, name] of held) expect([id, stack.resource(id)?.name]).toEqual([id, name])
})

test('what was planned is what is carried out', async () => {
  await stack.deploy(today)

  expect(stack.changes(today)).toEqual([])
})

test('an update that fails leaves all as it stood, wherever it fails', async () => {
  const stood = stack.resources()
  // Some of each kind of change, from the first to the last.
  const touched = stack
    .changes(today)
    .filter(({ action }) => ['create', 'update', 'replace'].includes(action))
    .filter((one, at, all) => at % 8 === 0 || at === all.length - 1 || one.type.startsWith('Custom::'))
  expect(touched.length).toBeGreaterThan(5)

  for (const { id } of touched) {
    failing = id
    removed = []
    const failed = await stack.deploy(today).catch((error: unknown) => error)

    expect(failed).toMatchObject({ message: expect.stringContaining(`no ${id}`) })
    expect(stack.resources().map(({ id: one, name, properties }) => [one, name, properties])).toEqual(
      stood.map(({ id: one, name, properties }) => [one, name, properties]),
    )
    const names = new Set(stood.map(({ type, name }) => `${type} ${name}`))
    expect(removed.filter(({ type, name }) => names.has(`${type} ${name}`)).filter(holdsData)).toEqual([])
  }
})
