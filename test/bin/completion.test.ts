// Completion as a shell does it: bash reads the script and is asked for the words after what was typed.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../e2e/spawned.ts'

const script = (shell: string) => {
  const { stdout, status } = spawnSync(process.execPath, [join(repository, 'bin/m2m.ts'), 'completion', shell], {
    encoding: 'utf8',
  })
  return { stdout, status }
}
const bash = script('bash').stdout

const completed = (...words: readonly string[]): readonly string[] => {
  const typed = words.map((word) => `'${word}'`).join(' ')
  const input = `${bash}\nCOMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _m2m; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = spawnSync('bash', ['--norc'], { input, encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line !== '')
}

test.each([
  ['a command by its first letters', ['m2m', 'ro'], ['rotate', 'rollback']],
  ['a command behind an option', ['m2m', '--json', 'li'], ['list']],
  ['an option of a command', ['m2m', 'adopt', '--fr'], ['--from-secret']],
  ['what is below a command', ['m2m', 'incident', 'sh'], ['show']],
])('completes %s', (_what, words, found) => {
  expect(completed(...words)).toEqual(found)
})

test('there is one for zsh and for fish, and for no other', () => {
  expect(script('zsh').stdout).toContain('bashcompinit')
  expect(script('fish').stdout).toMatch(/^complete -c m2m .* -a apply -d /m)
  expect(script('tcsh').status).toBe(2)
})
