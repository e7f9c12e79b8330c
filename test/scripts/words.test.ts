// Phrases that no page and no message may hold: each planted one is found with its line, and code is left alone.
import { describe, expect, test } from 'vitest'
import { messageFaults, phraseFaults } from '../../scripts/words/main.ts'

const found = (faults: ReturnType<typeof phraseFaults>) => faults.map((fault) => `${fault.line} ${fault.found}`)

describe('on a page', () => {
  test.each([
    ['The operator is told of it.', 'told'],
    ['The sweep tells which.', 'tells'],
    ['A deployment mends it.', 'mends'],
    ['The value is nobody’s.', 'nobody’s'],
    ['The call came to nothing.', 'came to nothing'],
    ['Stytch is asked again.', 'asked again'],
    ['So it is gone on until one lies behind.', 'gone on until'],
    ['It is asked and waited for.', 'is asked and waited for'],
    ['And nothing says that its policy was set.', 'nothing says that'],
    ['Nobody was chosen.', 'Nobody was chosen'],
    ['What comes of either is the same.', 'What comes of either'],
    ['It is none, and stands in nobody’s way.', 'nobody’s'],
    ['A settle, which is older still.', 'which is older still'],
    ['A fault has its line, all faults at once.', 'all faults at once'],
    ['90 done: run it again to go on.', 'run it again to go on'],
    ['Each does things that this one does not.', 'does things that this one does not'],
  ])('%s', (sentence, phrase) => {
    expect(found(phraseFaults(`# A page\n\n${sentence}\n`))).toContain(`3 ${phrase}`)
  })

  test('code, the target of a link and a comment are left alone', () => {
    const page = '# A\n\n```sh\necho told\n```\n\n`told`, [here](065-told-once.md)\n\n<!-- told -->\n\nIt tells.\n'

    expect(found(phraseFaults(page))).toEqual(['11 tells'])
  })
})

describe('in a program', () => {
  test('what it says is judged, and neither its names nor its comments', () => {
    const source = [
      '// Whoever is told of it.',
      "const told = 'told'",
      "const message = 'The next sweep asks again.'",
      `const other = \`\${told} is mended by a deployment\``,
    ].join('\n')

    expect(found(messageFaults(source))).toEqual(['3 asks again', '4 mended'])
  })
})
