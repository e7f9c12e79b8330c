// Every text that people store as AWSCURRENT, in every place of its value, interrupted at every call of a revoke and its settle in every way.
import { describe, test } from 'vitest'
import { corpus, interruptEverywhere, interruptions, places } from './unreadable.ts'

describe.each(places)('a value that sits %s', (slots) => {
  describe.each(interruptions)('%s', (how) => {
    test.each(Object.keys(corpus))('%s', (name) => interruptEverywhere(name, slots, how))
  })
})
