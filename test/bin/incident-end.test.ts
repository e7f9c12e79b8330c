// What Ctrl-C says of an incident that is being watched: what goes on without whoever watched, what does not, and what to type.
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { interruptedWords } from '../../bin/incident/incident-end.ts'
import { repeatWords } from '../../bin/incident/repeat-words.ts'
import { makeSecret } from '../fakes/managed-secret.ts'

const named = (name: string) => makeSecret({ name }).secret
const [one, two] = [named('m2m/test/one'), named('m2m/test/two')]

test('the incident function goes on; a single client is named, since it may carry no label of the incident yet', () => {
  expect(interruptedWords({ incidentId: 'INC-1', isDirect: false, since: 1 }, [one])).toBe(
    'Interrupted: the incident function continues without you. m2m incident follow INC-1 m2m/test/one looks again.',
  )
  expect(interruptedWords({ incidentId: 'INC-1', isDirect: false, since: 1 }, [one, two])).toMatch(
    /m2m incident follow INC-1 looks/,
  )
})

test('what is carried out from here begins no further revoke, and that is said with what begins it', () => {
  const words = interruptedWords({ incidentId: 'INC-1', isDirect: true, since: 1 }, [one, two])

  expect(words).not.toContain('without you')
  expect(words).toMatch(/NO OTHER starts\. Repeat the command with --id INC-1 for the rest/)
})

test('the command that is given for later is the one that was typed, and a shell reads it as such', () => {
  const reason = "pasted; it's $HOME `id`"
  const words = repeatWords({ reason, grace: 900, wait: true, breakGlass: true }, ' m2m/test/one', 'INC-1')

  const { stdout } = spawnSync('bash', ['-c', `m2m() { printf '%s\\n' "$@"; }; ${words}`], { encoding: 'utf8' })
  expect(stdout.trimEnd().split('\n')).toEqual([
    'incident',
    'm2m/test/one',
    '--id',
    'INC-1',
    '--reason',
    reason,
    '--grace',
    '900s',
    '--break-glass',
    '--wait',
  ])
})

test('of several clients it is not spelled out', () => {
  expect(repeatWords({ wait: true }, '', 'INC-1')).toBe('the same command with --id INC-1')
})

test('whoever follows does not know who carries it out, and is promised nothing of it', () => {
  expect(interruptedWords({ incidentId: 'INC-1', isDirect: false }, [one])).toBe(
    'Interrupted: only the watching ended; what carries the incident out does not depend on it. m2m incident follow INC-1 m2m/test/one looks again.',
  )
})
