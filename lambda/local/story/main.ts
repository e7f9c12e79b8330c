// `npm start`: plays the story on free ports and ends with what was counted. Exit 0 only if everything that it shows held. It writes no
// file, and leaves no process when it is interrupted. `--json` prints the result alone, as one JSON object.
import { startLaptop } from '../laptop/laptop.ts'
import { playStory, type StoryResult } from './story.ts'
import {
  type Counts,
  countsText,
  inColour,
  type Line,
  lineText,
  type Paint,
  plainly,
  proofText,
  verdictText,
} from './telling.ts'

const USAGE = 'npm start [-- --json]'
const REDRAWN_EVERY_MS = 100
const ERASED = '\r\u001B[K'

const args = process.argv.slice(2)
const isJson = args.includes('--json')
if (args.some((arg) => arg !== '--json')) {
  process.stderr.write(`${args.join(' ')}: expected --json, or nothing. Usage: ${USAGE}\n`)
  process.exit(2)
}
const { stdout } = process
const isLive = stdout.isTTY === true && !isJson
// https://no-color.org
const paint: Paint = isLive && (process.env.NO_COLOR ?? '') === '' ? inColour : plainly

const say = (text: string): void => {
  if (!isJson) stdout.write(`${isLive ? ERASED : ''}${text}\n`)
}

/** The last line of a terminal, redrawn as what it counts goes on. @returns what ends it. */
const showLive = (read: () => Counts): (() => void) => {
  if (!isLive) return () => undefined
  const drawing = setInterval(() => stdout.write(`${ERASED}${countsText(read(), paint)}`), REDRAWN_EVERY_MS)
  return () => {
    clearInterval(drawing)
    stdout.write(ERASED)
  }
}

const report = ({ counts, attack, evidence, provenDeadMs, faults }: StoryResult): void => {
  if (evidence !== undefined) {
    for (const line of proofText(evidence, paint)) say(line)
  }
  const verdict = { ...counts, attack, provenDeadMs, acceptedAgain: attack.acceptedAfterRefusal }
  for (const line of verdictText(verdict, paint)) say(line)
  for (const fault of faults) say(paint(['red', 'bold'], `NOT AS PROMISED: ${fault}`))
}

const handlerLog: string[] = []
const reportFailure = (error: unknown): void => {
  process.stderr.write(`The story broke off: ${error instanceof Error ? error.message : 'unknown'}\n`)
  for (const line of handlerLog.slice(-10)) process.stderr.write(`  ${line}\n`)
  process.exitCode = 1
}

say('The deployed functions rotate secrets here; Stytch and AWS are local stand-ins.')
const laptop = await startLaptop({
  hasProjectSecret: true,
  stytchPort: 0,
  awsPort: 0,
  awsSettings: { redriveSpacingMs: 300 },
  onLog: (line) => handlerLog.push(line),
})
let isInterrupted = false
let endLive = (): void => undefined
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    if (isInterrupted) return
    isInterrupted = true
    endLive()
    void laptop.close().then(() => process.exit(code))
  })
}
try {
  const result = await playStory(laptop, {
    line: (line: Line) => say(lineText(line, paint)),
    live: (read) => {
      endLive = showLive(read)
    },
  })
  endLive()
  if (isJson) stdout.write(`${JSON.stringify(result, undefined, 2)}\n`)
  else report(result)
  process.exitCode = result.faults.length === 0 ? 0 : 1
} catch (error) {
  endLive()
  // Interrupted, it breaks off because the laptop is closing: the signal's own exit code follows.
  if (!isInterrupted) reportFailure(error)
} finally {
  await laptop.close()
}
