// `--watch`: the same look again and again. On a terminal each look is drawn over the one before, in place, so that nothing flickers; anywhere
// else, and with --json, only what changed is printed. The next look begins a while after the last one has ended, so that two never overlap,
// and later still where Stytch would be asked faster than it may be.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { type Ending, EXIT } from '../terminal/command-fault.ts'
import { integerFrom } from '../terminal/options.ts'
import type { Work } from '../terminal/run.ts'
import { safeText } from '../terminal/safe-text.ts'

interface Item {
  readonly key: string
  /** By which a change is seen: nothing in it moves by the passing of time alone. */
  readonly json: object
  /** For people: one line or several. */
  readonly text: string
}

/** What a command that can be watched hands back. */
export interface Watchable extends Ending {
  readonly items: readonly Item[]
  /** How many calls of Stytch's this look may have taken. */
  readonly stytchCalls: number
}

export interface WatchOptions {
  readonly watch?: true
  /** Seconds. */
  readonly interval: number
  /** Calls a second. */
  readonly stytchRate: number
}

export const addWatching = (command: Command): Command =>
  command
    .option('--watch', 'repeat until Ctrl-C; if stdout is not a terminal, print what changed')
    .option('--interval <seconds>', 'with --watch: how long after a look the next one begins', integerFrom(2, 3600), 5)
    .option('--stytch-rate <calls>', 'with --watch: calls a second to Stytch, at most', integerFrom(1, 1000), 5)

/** @returns milliseconds from the end of a look to the beginning of the next */
export const pauseAfter = (
  { interval, stytchRate }: Pick<WatchOptions, 'interval' | 'stytchRate'>,
  stytchCalls: number,
): number => Math.max(interval, Math.ceil(stytchCalls / stytchRate)) * 1000

const ESC = '\u001B['
const [HOME, CLEAR, CLEAR_LINE, CLEAR_BELOW] = [`${ESC}H`, `${ESC}2J`, `${ESC}K`, `${ESC}J`]
/** Without a cursor, and with lines cut at the edge instead of wrapped: else a line too long would move all below it. */
const OPEN = `${ESC}?25l${ESC}?7l`
const CLOSE = `${ESC}?7h${ESC}?25h`

/** One frame, written over the last. @param rows of the terminal */
export const frameOf = (lines: readonly string[], rows: number): string => {
  const room = Math.max(1, rows - 1)
  const isCut = lines.length > room
  const shown = isCut ? [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more lines`] : lines
  return `${HOME}${shown.map((line) => `${line}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}`
}

interface Change {
  readonly key: string
  /** Absent: it is gone. */
  readonly item?: Item
}

/** Those that are new or others than before, and those that are gone. */
export const changesSince = (before: ReadonlyMap<string, string>, items: readonly Item[]): readonly Change[] => {
  const keys = new Set(items.map(({ key }) => key))
  return [
    ...items
      .filter(({ key, json }) => before.get(key) !== JSON.stringify(json))
      .map((item) => ({ key: item.key, item })),
    ...[...before.keys()].filter((key) => !keys.has(key)).map((key) => ({ key })),
  ]
}

/** To the second, as the looks are apart. */
const timeOf = (now: number): string => `${new Date(now).toISOString().slice(0, 19)}Z`

const changeText = ({ key, item }: Change, now: number): string =>
  item === undefined ? `${timeOf(now)}  ${key}: gone` : `${timeOf(now)}  ${item.text}`

const changeJson = ({ key, item }: Change, now: number): string =>
  JSON.stringify(item === undefined ? { at: timeOf(now), key, gone: true } : { at: timeOf(now), key, ...item.json })

type Show = (seen: Watchable) => void

interface Shown {
  readonly show: Show
  /** What kept a look from being made. */
  readonly fail: (why: string) => void
  readonly end: () => void
}

const onTerminal = (context: CommandContext, { interval }: WatchOptions): Shown => {
  const { stdout } = process
  let last = ''
  const draw = (note: string): void => {
    const head = `Every ${interval} s, stage ${context.stage}: ${timeOf(context.timing.now())}${note}   (Ctrl-C ends it)`
    stdout.write(frameOf(safeText([head, '', ...last.split('\n')].join('\n')).split('\n'), stdout.rows))
  }
  stdout.write(`${OPEN}${CLEAR}`)
  return {
    show: ({ text }) => {
      last = text
      draw('')
    },
    fail: (why) => draw(`, as it was before: ${why}`),
    end: () => stdout.write(CLOSE),
  }
}

const onPipe = ({ screen, timing }: CommandContext): Shown => {
  let before = new Map<string, string>()
  return {
    show: ({ items }) => {
      for (const change of changesSince(before, items)) {
        screen.print((screen.isJson ? changeJson : changeText)(change, timing.now()))
      }
      before = new Map(items.map(({ key, json }) => [key, JSON.stringify(json)]))
    },
    fail: (why) => screen.note(why),
    end: () => {},
  }
}

const NO_PROGRESS = { at: () => {}, end: () => {} }

/** Nothing else may write on the screen meanwhile. */
const withoutProgress = (context: CommandContext): CommandContext => ({
  ...context,
  screen: { ...context.screen, progress: () => NO_PROGRESS },
})

/** Ctrl-C ends it at once, also in the middle of a pause or a look. */
const watchUntilSignal = () => {
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  // Nobody reads it any more.
  process.stdout.once('error', stop)
  const stopped = new Promise<'stopped'>((resolve) =>
    stopping.signal.addEventListener('abort', () => resolve('stopped')),
  )
  return { signal: stopping.signal, stopped }
}

type Look = () => Promise<Watchable | Fault | 'stopped'>

/** Until it is stopped. What fails once something was seen is looked at again: the network comes and goes. */
const goOn = async (
  first: Watchable,
  { options, shown, look, signal }: { options: WatchOptions; shown: Shown; look: Look; signal: AbortSignal },
): Promise<void> => {
  let calls = 0
  let seen: Awaited<ReturnType<Look>> = first
  while (seen !== 'stopped') {
    if (seen instanceof Fault) shown.fail(seen.message)
    else {
      calls = seen.stytchCalls
      shown.show(seen)
    }
    await sleep(pauseAfter(options, calls), undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    seen = await look()
  }
}

const watch = async (
  context: CommandContext,
  options: WatchOptions,
  look: (quiet: CommandContext) => Promise<Watchable>,
): Promise<never> => {
  const quiet = withoutProgress(context)
  const { signal, stopped } = watchUntilSignal()
  const first = await Promise.race([look(quiet), stopped])
  if (first !== 'stopped') {
    const isDrawn = process.stdout.isTTY && !context.screen.isJson
    const shown = isDrawn ? onTerminal(context, options) : onPipe(context)
    const again: Look = () =>
      Promise.race([look(quiet), stopped]).catch((error: unknown) => {
        if (error instanceof Fault) return error
        throw error
      })
    await goOn(first, { options, shown, look: again, signal }).finally(shown.end)
  }
  // A look that is under way changes nothing, and is not waited for.
  process.exit(EXIT.interrupted)
}

/** The same command, once or, with --watch, again and again. */
export const watchable =
  <Options extends WatchOptions>(
    look: (context: CommandContext, options: Options, args: readonly string[]) => Promise<Watchable>,
  ): Work<Options> =>
  (context, options, args) =>
    options.watch === true
      ? watch(context, options, (quiet) => look(quiet, options, args))
      : look(context, options, args)
