// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A chart on a canvas: it follows its size, its data and the theme. */
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

import styles from "@/kit/chart/chart.module.css";

// what all charts share; each kind brings its own, so that a screen loads only the kinds that it shows
use([AriaComponent, CanvasRenderer, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent]);

export interface ChartCanvasProps {
  /** What it shows, in words. */
  summary: string;
  option: EChartsCoreOption;
  height: string;
}

export function ChartCanvas({ summary, option, height }: ChartCanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = init(element, null, { renderer: "canvas" });
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(option, { replaceMerge: ["series", "legend", "visualMap"], lazyUpdate: true });
  }, [option]);
  return (
    <div role="img" aria-label={summary} className={styles.canvas} style={{ blockSize: height }}>
      <div ref={box} aria-hidden className={styles.inner} />
    </div>
  );
}
