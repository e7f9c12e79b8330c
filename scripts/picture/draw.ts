// The README's picture: what `npm start` shows on a terminal, line by line as it happened, as an SVG that moves where it may. Pure: the same
// run gives the same bytes.
import type { StoryResult } from '../../lambda/local/story/story.ts'
import { countsText, type Line, lineText, plainly, proofText, verdictText } from '../../lambda/local/story/telling.ts'

type Colour = 'text' | 'dim' | 'good' | 'bad'

interface Drawn {
  readonly text: string
  readonly colour: Colour
  /** Seconds of the picture's own time. */
  readonly at: number
}

const COLUMNS = 84
const CHARACTER = 7.83
const LINE = 19
const MARGIN = 18
const TOP = 44
/** Of the whole, before it begins again, in seconds. */
const LASTS = 16
/** The story takes some twenty seconds; its waits are shortened. */
const STORY_ENDS = 9
const colours: Readonly<Record<Colour, string>> = { text: '#d7dde5', dim: '#8b98a9', good: '#6fdc8c', bad: '#ff8389' }

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const colourOf: Readonly<Record<Line['tone'], Colour>> = { plain: 'text', good: 'good', bad: 'bad' }

const drawnLines = (result: StoryResult): readonly Drawn[] => {
  const { timeline, evidence, counts, attack, provenDeadMs } = result
  const endedAt = Math.max(1, ...timeline.map(({ at }) => at))
  const story = timeline.map(
    (line): Drawn => ({
      text: lineText(line, plainly),
      colour: colourOf[line.tone],
      at: (line.at / endedAt) * STORY_ENDS,
    }),
  )
  const proof = (evidence === undefined ? [] : proofText(evidence, plainly)).map(
    (text, at): Drawn => ({
      text,
      colour: text.includes('refused') ? 'good' : 'dim',
      at: STORY_ENDS + 0.4 + at * 0.2,
    }),
  )
  const verdict = verdictText({ ...counts, attack, provenDeadMs, acceptedAgain: attack.acceptedAfterRefusal }, plainly)
  return [
    { text: '$ npm start', colour: 'dim', at: 0 },
    ...story,
    { text: countsText({ ...counts, attack }, plainly), colour: 'dim', at: STORY_ENDS + 0.2 },
    ...proof,
    ...verdict.map((text): Drawn => ({ text, colour: 'good', at: STORY_ENDS + 1.4 })),
  ]
}

/** Shown from its moment until just before the picture begins again. */
const appearing = (at: number): string => {
  const percent = ((at / LASTS) * 100).toFixed(2)
  return `@keyframes s${percent.replace('.', '_')}{0%,${percent}%{opacity:0}${(Number(percent) + 0.5).toFixed(2)}%,97%{opacity:1}100%{opacity:0}}`
}
const nameOf = (at: number): string => `s${((at / LASTS) * 100).toFixed(2).replace('.', '_')}`

export const drawStory = (result: StoryResult): string => {
  const lines = drawnLines(result)
  const width = Math.ceil(2 * MARGIN + COLUMNS * CHARACTER)
  const height = TOP + lines.length * LINE + MARGIN
  const moments = [...new Set(lines.map(({ at }) => at))]
  const texts = lines.map(
    ({ text, colour, at }, row) =>
      `<text x="${MARGIN}" y="${TOP + (row + 0.8) * LINE}" fill="${colours[colour]}" style="animation:${nameOf(at)} ${LASTS}s linear infinite">${escaped(text)}</text>`,
  )
  const { requests, failures } = result.counts
  const title = `A leaked secret dies: proven dead after ${(result.provenDeadMs / 1000).toFixed(2)} seconds, ${failures} of ${requests} requests failed`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<style>
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}
@media (prefers-reduced-motion:reduce){text{animation:none!important}}
${[...new Set(moments.map(appearing))].join('\n')}
</style>
<rect width="${width}" height="${height}" rx="10" fill="#161b22"/>
<circle cx="22" cy="20" r="6" fill="#ff8389"/><circle cx="42" cy="20" r="6" fill="#f1c21b"/><circle cx="62" cy="20" r="6" fill="#6fdc8c"/>
${texts.join('\n')}
</svg>
`
}
