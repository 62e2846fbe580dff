import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { App } from "./app";
import { check } from "./live";

check();
render(<App />, document.getElementById("app")!);
