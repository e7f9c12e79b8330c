// Each command's help and errors. What each one does and prints: test/e2e, and a test here holds that none is left out there.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createProgram } from '../../bin/program.ts'
import { examples } from '../../bin/terminal/examples.ts'
import { repository } from '../e2e/spawned.ts'
import { commandNames, parse, wordsOf } from './command-line.ts'

const names = commandNames()
const behind = (name: string): readonly string[] => name.split(' ').slice(1)
const find = (name: string) =>
  behind(name).reduce((command, word) => {
    const found = command.commands.find((inner) => inner.name() === word)
    if (found === undefined) throw new Error(`no command ${word}`)
    return found
  }, createProgram())

/** They read their own arguments, and so their own errors. */
const ownArguments = ['m2m laptop', 'm2m story']

test('no command has an option that the one above it takes as something else', () => {
  for (const name of names) {
    const command = find(name)
    const above = command.parent ?? createProgram()
    for (const { long, required } of command.options) {
      const same = above.options.find((option) => option.long === long)
      // Commander gives it to the one above, wherever it stands.
      if (same !== undefined) expect(same.required, `${name} ${long}`).toBe(required)
    }
  }
})

describe.each(names)('%s', (name) => {
  test('has help: what it does, each argument, each option, and an example', async () => {
    const { stdout } = await parse([...behind(name), '--help'])
    const command = find(name)
    const flat = stdout.replaceAll(/\s+/g, ' ')

    expect(stdout).toMatch(new RegExp(`^Usage: ${name}`))
    expect(flat).toContain(command.description())
    for (const { long } of command.options) expect(stdout).toContain(long)
    for (const argument of command.registeredArguments) {
      expect(argument.description, argument.name()).not.toBe('')
      expect(flat).toContain(argument.description)
    }
    for (const { line, what } of examples[name] ?? []) {
      expect(stdout).toContain(line)
      expect(what).not.toBe('')
    }
    expect(examples[name]?.length).toBeGreaterThan(0)
  })

  test('takes its own examples', async () => {
    for (const { line } of examples[name] ?? []) {
      const [first, ...words] = wordsOf(line)
      expect(first).toBe('m2m')
      expect(await parse(words), line).toMatchObject({ isTaken: true })
    }
  })

  const refusing = ownArguments.includes(name) ? [] : ['--no-such-option']
  test.each(refusing)('refuses %s, and says where to look', async (option) => {
    const { isTaken, stdout, stderr } = await parse([...behind(name), option])

    expect(isTaken).toBe(false)
    expect(stdout).toBe('')
    expect(stderr).toBe(`error: unknown option '${option}'\n(${name} --help shows more)\n`)
  })

  const required = find(name).registeredArguments.filter((argument) => argument.required)
  test.each(required.slice(0, 1).map((argument) => argument.name()))('asks for its %s', async (argument) => {
    const { isTaken, stderr } = await parse(behind(name))

    expect(isTaken).toBe(false)
    expect(stderr).toBe(`error: missing required argument '${argument}'\n(${name} --help shows more)\n`)
  })

  test('is run as a process by a test of its own', () => {
    const tests = ['test/e2e', 'test/bin', 'test/local/page'].flatMap((directory) =>
      readdirSync(join(repository, directory))
        .filter((file) => file.endsWith('.test.ts'))
        .map((file) => readFileSync(join(repository, directory, file), 'utf8')),
    )
    // The tests of `m2m incident` put that word in front themselves.
    const [word = '', inner] = behind(name)
    const isTyped = (text: string): boolean =>
      text.includes(`'${word}'`) && (inner === undefined || new RegExp(`\\(\\['${inner}'`).test(text))
    expect(tests.some(isTyped)).toBe(true)
  })
})

test('every example is of a command that there is', () => {
  expect(Object.keys(examples).filter((name) => !names.includes(name))).toEqual([])
})
