// Between commander and a command: opens the context from the global options, prints what the command hands back, and turns whatever it
// throws into one line and an exit code. A stack is shown on request only.
import type { Command } from 'commander'
import { Fault } from '../../lambda/core/base/fault.ts'
import { processCliEnv } from './cli-env.ts'
import { type CommandContext, openContext } from './command-context.ts'
import { CommandFault, type Ending, EXIT, type ExitCode } from './command-fault.ts'
import { isCallDenied } from './is-call-denied.ts'
import { createScreen, type Screen, writeNote } from './screen.ts'

interface GlobalOptions {
  readonly stage?: string
  readonly set?: string
  readonly json?: true
  readonly color: boolean
  readonly debug?: true
  /** What is drawn again and again has the screen for itself. */
  readonly watch?: true
}

const screenOf = ({ json, color }: Pick<GlobalOptions, 'json' | 'color'>): Screen =>
  createScreen({ isJson: json === true, mayPaint: color && !processCliEnv().noColor && process.stdout.isTTY === true })

/** What a command does, given its context and its own options. */
export type Work<Options> = (context: CommandContext, options: Options, args: readonly string[]) => Promise<Ending>

/** What a command does that no deployment is needed for. */
type WorkWithoutSeat<Options> = (screen: Screen, options: GlobalOptions & Options) => Promise<Ending>

/** The same without a stage to sit at, for commander's `action`. */
export const runWithoutSeat =
  <Options extends object>(work: WorkWithoutSeat<Options>) =>
  async (...given: readonly unknown[]): Promise<void> => {
    const command = given.at(-1) as Command
    const globals = command.optsWithGlobals<GlobalOptions & Options>()
    const screen = screenOf(globals)
    // Whatever takes longer than a second says so; what a command counts itself is shown instead.
    const progress = globals.watch === true ? undefined : screen.progress(`m2m ${command.name()}`)
    const { json, text, exitCode } = await work(screen, globals)
      .catch((error: unknown) => {
        if (screen.isJson && error instanceof CommandFault && error.json !== undefined) {
          screen.print(JSON.stringify(error.json, undefined, 2))
        }
        throw error
      })
      .finally(() => progress?.end())
    if (screen.isJson) screen.print(JSON.stringify(json, undefined, 2))
    else if (text !== '') screen.print(text)
    process.exitCode = exitCode
  }

/** Of a call that AWS denied: whom, and what would allow it. */
const withCaller = async (context: CommandContext, error: unknown): Promise<unknown> => {
  if (!(error instanceof Fault) || !isCallDenied(error)) return error
  const caller = await context.caller().catch(() => undefined)
  const whom = caller === undefined ? 'STS did not say who you are.' : `You are ${caller}.`
  const advice = error.message.includes('take the break-glass role')
    ? ''
    : ' Attach the operator policy (output OperatorPolicyArn) to your role and list the role under operators, or take the break-glass role.'
  return new CommandFault(exitCodeOf(error), `${error.message} ${whom}${advice}`)
}

/** For commander's `action`. */
export const run =
  <Options extends object>(work: Work<Options>) =>
  (...given: readonly unknown[]): Promise<void> => {
    const { args } = given.at(-1) as Command
    return runWithoutSeat<Options>((screen, options) => {
      const env = processCliEnv()
      const context = openContext({
        stage: options.stage ?? env.stage,
        set: options.set ?? env.set,
        screen,
        operator: env.operator,
      })
      return work(context, options, args).catch(async (error: unknown) => {
        throw await withCaller(context, error)
      })
    })(...given)
  }

const credentialAdvice = /CredentialsProviderError|ExpiredToken|InvalidClientTokenId|UnrecognizedClientException/

/** What a service never answers with. */
const networkAdvice =
  /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|TimeoutError|ERR_INVALID_URL)\b/

const adviceOf = (message: string): string => {
  if (credentialAdvice.test(message)) return ' Your AWS credentials are missing or expired: sign in again.'
  return networkAdvice.test(message)
    ? ' AWS was not reached: is there a network, and are AWS_REGION and AWS_ENDPOINT_URL, if it is set, right?'
    : ''
}

const wordsOf = (error: unknown): string => {
  if (error instanceof CommandFault) return error.message
  if (error instanceof Fault) {
    return `${error.message}${adviceOf(error.message)}`
  }
  const what = `an unforeseen failure (${error instanceof Error ? error.name : 'unknown'})`
  return `${what}. How far it came is not known: look with m2m status before you repeat it; the same command with --debug shows where it fails`
}

export const exitCodeOf = (error: unknown): ExitCode => {
  if (error instanceof CommandFault) return error.exitCode
  return error instanceof Fault && error.code === 'INPUT_MALFORMED' ? EXIT.refused : EXIT.failed
}

/** One line (or one a fault, where a file has several); with --debug the stack as well. */
export const reportFailure = (error: unknown, isDebug: boolean): void => {
  writeNote(`m2m: ${wordsOf(error)}`)
  if (isDebug && error instanceof Error) writeNote(error.stack ?? '')
  process.exitCode = exitCodeOf(error)
}
