#!/usr/bin/env node
// The command line, `m2m`: finds the command and hands it the rest of the arguments. It does none of the work itself, and loads
// nothing but the command that was asked for.
import { createRequire } from 'node:module'

interface Command {
  readonly says: string
  /** The command's own module; it reads its arguments from `process.argv`. */
  readonly start: () => Promise<unknown>
}

const commands: Readonly<Record<string, Command>> = {
  laptop: {
    says: 'stand-ins of Stytch and of Secrets Manager, with the rotation function; [--stytch-port N] [--aws-port N]',
    start: () => import('../lambda/local/laptop/main.ts'),
  },
  story: {
    says: 'half a minute of rotations, a rollback, a crash and a leak, on this machine',
    start: () => import('../lambda/local/story/main.ts'),
  },
}

const usage = [
  'usage: m2m <command> [options]',
  '',
  ...Object.entries(commands).map(([name, { says }]) => `  ${name.padEnd(8)} ${says}`),
  '',
  '  --help     this text',
  '  --version  the version of this package',
].join('\n')

const version = (): string => {
  // By the package's own name, so that source and build find the same file.
  const { version: found } = createRequire(import.meta.url)('m2m-secret-rotation/package.json') as { version: string }
  return found
}

const [name, ...rest] = process.argv.slice(2)
const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined

if (name === '--help' || name === '-h' || name === 'help' || (command !== undefined && rest.includes('--help'))) {
  console.log(usage)
} else if (name === '--version' || name === '-v') {
  console.log(version())
} else if (command === undefined) {
  const fault = name === undefined ? 'no command was given' : `no such command: ${JSON.stringify(name)}`
  console.error(`m2m: ${fault}; one of ${Object.keys(commands).join(', ')}. See m2m --help.`)
  process.exitCode = 2
} else {
  process.argv.splice(2, 1)
  await command.start()
}
