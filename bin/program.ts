// The command line as commander knows it: every command, its help and its examples, and how errors are reported. Whoever parses decides what
// becomes of an error. The laptop and the story read their own arguments, as they do when they are started without it.
import { createRequire } from 'node:module'
import { Command } from 'commander'
import { addAdopt } from './commands/adopt.ts'
import { addApply } from './commands/apply.ts'
import { addCampaign } from './commands/campaign.ts'
import { addClaims } from './commands/claims.ts'
import { addCompletion } from './commands/completion.ts'
import { addDoctor } from './commands/doctor.ts'
import { addDrill } from './commands/drill.ts'
import { addFreeze } from './commands/freeze.ts'
import { addHoldAndRelease } from './commands/hold.ts'
import { addIncident } from './commands/incident.ts'
import { addList } from './commands/list.ts'
import { addReaders } from './commands/readers.ts'
import { addRollback } from './commands/rollback.ts'
import { addRotate } from './commands/rotate.ts'
import { addSettle } from './commands/settle.ts'
import { addStatus } from './commands/status.ts'
import { addSwitch } from './commands/switch.ts'
import { addToken } from './commands/token.ts'
import { examplesOf } from './terminal/examples.ts'

/** By the package's own name, so that source and build find the same file. */
const version = (): string => {
  const { version: found } = createRequire(import.meta.url)('m2m-secret-rotation/package.json') as { version: string }
  return found
}

/** Runs a module that reads `process.argv` itself, from behind its own name on. */
const handOver = (load: () => Promise<unknown>) => async (): Promise<void> => {
  process.argv.splice(2, 1)
  await load()
}

/** Each command inherits how errors are reported – commander copies that only for those that are made later – and ends its help with examples. */
const finish = (command: Command, above: string): void => {
  const name = `${above} ${command.name()}`
  command.exitOverride().showHelpAfterError(`(${name} --help shows more)`).addHelpText('after', examplesOf(name))
  for (const inner of command.commands) finish(inner, name)
}

export const createProgram = (): Command => {
  const program = new Command('m2m')
    .description('Stytch M2M secrets in AWS Secrets Manager: clients, rotations, and what is wrong with them')
    .version(version(), '-v, --version', 'show the version of this package')
    .helpOption('-h, --help', 'show this text')
    .option('--stage <name>', 'which deployment; else M2M_STAGE (on a laptop: laptop)')
    .option('--set <name>', 'a set of the configuration to act for, or break-glass; else M2M_SET, or the only one')
    .option('--json', 'one JSON document on stdout, for machines')
    .option('--no-color', 'no colours; else they are off with NO_COLOR, and where stdout is no terminal')
    .option('--debug', 'show the stack of a failure')
    .showHelpAfterError('(m2m --help, or m2m <command> --help, shows more)')
    .exitOverride()

  for (const add of [
    addApply,
    addAdopt,
    addReaders,
    addClaims,
    addList,
    addStatus,
    addRotate,
    addSettle,
    addRollback,
    addHoldAndRelease,
    addFreeze,
    addCampaign,
    addIncident,
    addToken,
    addSwitch,
    addDoctor,
    addDrill,
    addCompletion,
  ]) {
    add(program)
  }

  program
    .command('laptop')
    .description(
      'run stand-ins of Stytch and AWS on this machine, with every function; [--stytch-port N] [--aws-port N] [--page-port N] [--config FILE]; or --deploy FILE [--aws-port N]: apply another configuration to the one that runs',
    )
    .allowUnknownOption()
    .allowExcessArguments()
    .action(handOver(() => import('../lambda/local/laptop/main.ts')))
  program
    .command('story')
    .description('play half a minute of rotations, a rollback, a crash and a leak on this machine')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(handOver(() => import('../lambda/local/story/main.ts')))

  for (const command of program.commands) finish(command, 'm2m')
  return program
}
