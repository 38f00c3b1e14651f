/** Python's `round`: to the nearest whole number, and to the even one of two that are as near. */
export function roundHalfEven(x: number): number {
  const down = Math.floor(x)
  const past = x - down
  if (past !== 0.5) return past < 0.5 ? down : down + 1
  return down % 2 === 0 ? down : down + 1
}

export function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high)
}

/** Indices of numbers, the largest first; of equal ones, the earlier first. */
export function largestFirst(numbers: ArrayLike<number>): number[] {
  return Array.from({ length: numbers.length }, (_, i) => i).sort((a, b) => numbers[b] - numbers[a])
}
