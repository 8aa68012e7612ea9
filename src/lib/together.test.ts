import { expect, test } from 'bun:test'
import { together } from './together.ts'

test('those who ask in one turn go on side by side, and who asks later waits for the next', async () => {
  const steps: string[] = []
  const walk = async (name: string): Promise<void> => {
    await together()
    steps.push(`${name} 1`)
    await Promise.resolve()
    steps.push(`${name} 2`)
    await together()
    steps.push(`${name} 3`)
  }
  await Promise.all([walk('a'), walk('b')])
  expect(steps).toEqual(['a 1', 'b 1', 'a 2', 'b 2', 'a 3', 'b 3'])
})

test('nobody goes on within the call', async () => {
  const steps: string[] = []
  const walk = async (): Promise<void> => {
    await together()
    steps.push('on')
  }
  const walking = walk()
  await Promise.resolve()
  steps.push('called')
  await walking
  expect(steps).toEqual(['called', 'on'])
})
