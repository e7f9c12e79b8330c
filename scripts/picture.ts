// `npm run picture`: plays the story, and draws docs/story.svg of it; `-- --from FILE` draws what `npm start -- --json` printed. `-- --page`:
// photographs the laptop's page while a leak ends, as docs/page-light.png and docs/page-dark.png.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { StoryResult } from '../lambda/local/story/story.ts'
import { drawStory } from './picture/draw.ts'
import { drawPage } from './picture/page.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))

const play = (): string => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(repository, 'lambda/local/story/main.ts'), '--json'],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`The story ended with ${status}. ${stderr}`)
  return stdout
}

const options = { from: { type: 'string' }, page: { type: 'boolean', default: false } } as const
const { from, page } = parseArgs({ options }).values
if (page) await drawPage(join(repository, 'docs'))
else {
  const result = JSON.parse(from === undefined ? play() : readFileSync(from, 'utf8')) as StoryResult
  writeFileSync(join(repository, 'docs/story.svg'), drawStory(result))
}
