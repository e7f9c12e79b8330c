// Time that passes only while everybody waits: who is gone neither stops it nor is woken by it.
import { expect, test } from 'vitest'
import { createWorld } from '../../lambda/local/stand-in/world.ts'
import { createVirtualTime } from './virtual-time.ts'

const seat = () => {
  const { clock } = createWorld(() => 0)
  return { clock, time: createVirtualTime(clock) }
}

test('passes once everybody waits, to the next moment that somebody waits for', async () => {
  const { clock, time } = seat()
  const [one, other] = [time.begin(), time.begin()]
  const woken: string[] = []
  const sleeper = one.wait(500).then(() => woken.push('one'))
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(clock.now()).toBe(0)

  await other.wait(200)
  expect([clock.now(), woken]).toEqual([200, []])
  other.end()
  await sleeper
  expect(clock.now()).toBe(500)
})

test('what outlives its actor waits for ever, and keeps nobody waiting', async () => {
  const { clock, time } = seat()
  const [killed, other] = [time.begin(), time.begin()]
  const woken: string[] = []
  void killed.wait(100).then(() => woken.push('before its end'))
  killed.end()
  void killed.wait(50).then(() => woken.push('after its end'))

  await other.wait(400)

  expect([clock.now(), woken]).toEqual([400, []])
})
