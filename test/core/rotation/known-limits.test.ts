// Limits that docs/guarantees.md names: what the rotation does where it cannot know better, and that nothing stored is lost by it.
import { expect, test } from 'vitest'
import { createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'

const currentText = ({ secrets }: World): string =>
  secrets.versions.get(secrets.holderOf('AWSCURRENT') ?? '')?.text ?? ''

// setSecret of a settle looks without AWSPREVIOUS, so it takes V, alive in the current slot, for a C that is dead.
test('a settle in drift whose dead AWSCURRENT shares the last four of AWSPREVIOUS cancels a stranger, and nothing that is stored', async () => {
  const world = createRegisteredWorld()
  world.secrets.place(tokenOf('rotate'), { text: textOf(valueNamed('C', 'AAAA')), labels: ['AWSCURRENT'] })
  Object.assign(world.client(), { current: valueNamed('A'), next: valueNamed('X') })
  const token = tokenOf('settle')
  world.secrets.rotateSecret(token)
  world.secrets.place(token, { text: currentText(world) })

  await world.step('setSecret', token)

  expect(world.client()).toMatchObject({ current: valueNamed('A'), next: null })
  await expect(world.step('testSecret', token)).rejects.toThrow('cancelledUnderUs')
})
