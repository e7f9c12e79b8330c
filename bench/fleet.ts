// Figures of a fleet, on the laptop: `node bench/fleet.ts [--clients 300,3000] [--only apply] [--concurrency 10] [--stytch-rate 40] [--json FILE]`.
// AWS's quotas are enforced. Each part of the fleet has its own file in fleet/ and a row in `parts`; they run one after another on one
// laptop a size, so that sweep and campaign find what apply has made.
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { startLaptop } from '../lambda/local/laptop/laptop.ts'
import { benchApply } from './fleet/apply.ts'
import { benchCampaign } from './fleet/campaign.ts'
import { type Figure, toMarkdown } from './fleet/figures.ts'
import { benchIdentify } from './fleet/identify.ts'
import { benchSweep } from './fleet/sweep.ts'

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '300,3000' },
    only: { type: 'string' },
    concurrency: { type: 'string', default: '10' },
    'stytch-rate': { type: 'string', default: '40' },
    abreast: { type: 'string', default: '60' },
    json: { type: 'string' },
  },
})

const concurrency = Number(values.concurrency)
const stytchRate = Number(values['stytch-rate'])

type Part = (input: {
  readonly laptop: Awaited<ReturnType<typeof startLaptop>>
  readonly clients: number
}) => Promise<readonly Figure[]>

const parts: Readonly<Record<string, Part>> = {
  apply: (input) => benchApply({ ...input, concurrency, stytchRate }),
  sweep: benchSweep,
  campaign: (input) => benchCampaign({ ...input, abreast: Number(values.abreast) }),
  identify: benchIdentify,
}

const figures: Figure[] = []
for (const size of values.clients.split(',').map(Number)) {
  const laptop = await startLaptop({
    stytchPort: 0,
    awsPort: 0,
    awsSettings: { enforceQuotas: true },
    onLog: () => {},
  })
  try {
    for (const [name, part] of Object.entries(parts)) {
      if (values.only !== undefined && !values.only.split(',').includes(name)) continue
      figures.push(...(await part({ laptop, clients: size })))
    }
  } finally {
    await laptop.close()
  }
}

const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`
console.log(`${machine}; concurrency ${concurrency}, Stytch rate ${stytchRate} a second\n`)
console.log(toMarkdown(figures))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, figures }, undefined, 2)}\n`)
