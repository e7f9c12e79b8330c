// `npm start`: plays the story on free ports and ends with what was counted. Exit 0 only if everything that it shows held. It takes no
// input, writes no file, and leaves no process when it is interrupted.
import { startLaptop } from '../laptop/laptop.ts'
import { type Line, playStory, type StoryResult } from './story.ts'

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}
const show = ({ at, text }: Line): void => say(`${(at / 1000).toFixed(2).padStart(6)} s  ${text}`)

const report = ({ timeline, requests, failures, attack, evidence, provenDeadMs, faults }: StoryResult): void => {
  say('\nTimeline')
  for (const line of timeline) show(line)
  say('\nEvidence of the revoke (event "Secret Revoked")')
  say(JSON.stringify(evidence, undefined, 2))
  say(`\nConsumers: ${requests} requests, ${failures} failed.`)
  say(
    `Attacker:  ${attack.accepted} accepted before, ${attack.refused} refused since, ${attack.acceptedAfterRefusal} accepted again.`,
  )
  say(`Leak to proven dead: ${provenDeadMs} ms.`)
  for (const fault of faults) say(`NOT AS PROMISED: ${fault}`)
}

const handlerLog: string[] = []
const reportFailure = (error: unknown): void => {
  say(`The story broke off: ${error instanceof Error ? error.message : 'unknown'}`)
  for (const line of handlerLog.slice(-10)) say(`  ${line}`)
  process.exitCode = 1
}

say(
  'Rotating machine-to-machine secrets, on this laptop: Stytch and Secrets Manager are stand-ins, the rest is real.\n',
)
const laptop = await startLaptop({
  hasProjectSecret: true,
  stytchPort: 0,
  awsPort: 0,
  awsSettings: { redriveSpacingMs: 300 },
  onLog: (line) => handlerLog.push(line),
})
let isInterrupted = false
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    if (isInterrupted) return
    isInterrupted = true
    void laptop.close().then(() => process.exit(code))
  })
}
try {
  const result = await playStory(laptop, show)
  report(result)
  process.exitCode = result.faults.length === 0 ? 0 : 1
} catch (error) {
  // Interrupted, it breaks off because the laptop is closing: the signal's own exit code follows.
  if (!isInterrupted) reportFailure(error)
} finally {
  await laptop.close()
}
